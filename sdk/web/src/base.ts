/** Where the package's files are. */

/** The address of this module: beside it lies the folder of assets, unless a page says otherwise. */
const here: string | undefined = import.meta.url;

/** The folder of assets, from what a page says or from where this module was loaded. */
export function assetsBaseOf(said: string | undefined): URL {
  const page = globalThis.document?.baseURI;
  const folder = said ?? new URL('assets/', here).href;
  return new URL(folder.endsWith('/') ? folder : `${folder}/`, page);
}
