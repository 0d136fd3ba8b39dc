/** The worker, seen from the page: started when needed, and anew after it broke. */

import { CoreError } from './failure.js';
import type { FromWorker, ToWorker } from './messages.js';

const WORKER_FILE = 'worker.js';

/** The part of Trusted Types that is needed here; only some browsers have it. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): unknown };
}
type Policy = ReturnType<TrustedTypes['createPolicy']>;

let policy: Policy | undefined;

/** The address in the form in which a page with a policy of Trusted Types takes it. A policy's name can be used once. */
function trusted(url: URL): URL {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= types?.createPolicy('verilume', { createScriptURL: (address) => address });
  return (policy?.createScriptURL(url.href) as URL | undefined) ?? url;
}

export class EngineHost {
  private readonly base: string;
  private worker: Worker | undefined;
  private loading: Promise<void> | undefined;
  /** Whether the engine can be used. */
  isLoaded = false;

  constructor(
    base: string | URL,
    private readonly hear: (message: FromWorker) => void,
  ) {
    const text = base.toString();
    this.base = text.endsWith('/') ? text : `${text}/`;
  }

  /** Starts worker and engine, if they do not run. */
  load(): Promise<void> {
    this.loading ??= this.begin().catch((error: unknown) => {
      this.dispose();
      throw error;
    });
    return this.loading;
  }

  tell(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  /** Ends the worker. The next `load` begins anew. */
  dispose(): void {
    this.worker?.terminate();
    this.worker = undefined;
    this.loading = undefined;
    this.isLoaded = false;
  }

  private async begin(): Promise<void> {
    const base = new URL(this.base, document.baseURI);
    const url = new URL(WORKER_FILE, base);
    let worker: Worker;
    try {
      worker = new Worker(trusted(url), { type: 'module', name: 'verilume' });
    } catch (cause) {
      throw new CoreError('asset_unreachable', `The page may start no worker from ${url.href}.`, { cause });
    }
    this.worker = worker;
    await new Promise<void>((resolve, reject) => {
      worker.onerror = (event) => {
        // An error in the middle of a capture has no promise left to reject.
        event.preventDefault();
        if (this.isLoaded) this.broke(event.message);
        else void whyNoWorker(url, event.message).then(reject);
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind === 'loaded') {
          this.isLoaded = true;
          resolve();
        } else if (data.kind === 'loadFailed') {
          reject(new CoreError(data.code, data.message));
        } else if (data.kind === 'broken') {
          this.broke(data.message);
        } else {
          this.hear(data);
        }
      };
      worker.postMessage({
        kind: 'load',
        assetsBase: base.href,
        pageTimeOriginMs: performance.timeOrigin,
      } satisfies ToWorker);
    });
  }

  private broke(message: string): void {
    this.dispose();
    this.hear({ kind: 'broken', message });
  }
}

/** Browsers say nothing of why a worker does not start; what its file is answered with does. */
async function whyNoWorker(url: URL, message: string | undefined): Promise<CoreError> {
  try {
    const answer = await fetch(url, { credentials: 'same-origin' });
    if (!answer.ok) {
      return new CoreError('asset_unreachable', `${WORKER_FILE} is answered with HTTP status ${answer.status}`);
    }
    const type = answer.headers.get('content-type') ?? '';
    if (!/javascript/i.test(type)) {
      return new CoreError('asset_invalid', `${WORKER_FILE} comes as ${type || 'nothing'}: serve it as text/javascript`);
    }
  } catch (cause) {
    return new CoreError('asset_unreachable', `${WORKER_FILE} cannot be fetched`, { cause });
  }
  return new CoreError('engine_failed', message || 'The worker does not start.');
}
