// What was measured, for people and for programs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './service.mjs';

export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** One row for each kind of session. */
export function summaryOf(name, sessions) {
  const count = (decision) => sessions.filter((session) => session.decision === decision).length;
  const middle = (field) => median(sessions.map((session) => session[field]));
  return {
    name,
    sessions: sessions.length,
    realface: count('realface'),
    spoofface: count('spoofface'),
    uncertain: count('uncertain'),
    undecided: sessions.filter((session) => session.decision === undefined).length,
    triedAgain: sessions.reduce((sum, session) => sum + session.triedAgain, 0),
    startToDoneMs: middle('startToDoneMs'),
    firstFrameMs: middle('firstFrameMs'),
    guidancePerSecond: middle('guidancePerSecond'),
    lookedAtPerSecond: middle('lookedAtPerSecond'),
    cameraFramesPerSecond: middle('cameraFramesPerSecond'),
    flashesPerSecond: Math.max(0, ...sessions.map((session) => session.flashesPerSecond ?? 0)),
  };
}

export function write(browser, rows, sessions) {
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  const simulated = 'simulated people, attacks and camera; a real browser, SDK and service';
  const written = { what: simulated, browser, machine, rows, sessions };
  writeFileSync(join(ROOT, 'out/web-closed-loop.json'), `${JSON.stringify(written, null, 2)}\n`);
  const whole = (value) => (value === undefined ? '-' : String(Math.round(value)));
  const table = rows.map((row) => ({
    name: row.name,
    sessions: row.sessions,
    realface: row.realface,
    spoofface: row.spoofface,
    uncertain: row.uncertain,
    'no decision': row.undecided,
    'tried again': row.triedAgain,
    'start to done, ms': whole(row.startToDoneMs),
    'first frame, ms': whole(row.firstFrameMs),
    'guidance, 1/s': whole(row.guidancePerSecond),
    'to the last colour, 1/s': whole(row.lookedAtPerSecond),
    'camera, 1/s': whole(row.cameraFramesPerSecond),
    'flashes, 1/s': row.flashesPerSecond,
  }));
  console.log(`closed loop, ${simulated}; ${browser}, ${machine}`);
  console.table(table);
}
