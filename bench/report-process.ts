import { systemClock } from '../src/clock.ts';
import '../src/engines/native/engine.ts';
import { createReport } from '../src/report/reporters.ts';
import { promotion } from '../test/report/facts/stories.ts';

/**
 * The reports of a told promotion of an hour, as a step makes them: log, page and JSON, with the modules of the native engine loaded. The
 * argument is the path of the page. Prints how long the page and the JSON took when the outcome came, in milliseconds: by the clock, and of the CPU.
 */
const [page = ''] = process.argv.slice(2);
const { events, outcome, at } = promotion(3600);
const report = await createReport({
  level: 'info',
  format: 'pretty',
  colour: false,
  write: () => {},
  isDocument: false,
  stepSummary: undefined,
  outputs: undefined,
  card: undefined,
  page,
  notices: undefined,
  clock: systemClock,
  cancelled: new AbortController().signal,
  mask: (text) => text,
});
for (const [event, when] of events) report.event(event, when);
const [begun, used] = [performance.now(), process.cpuUsage()];
report.outcome(outcome, at);
const wall = performance.now() - begun;
const { user, system } = process.cpuUsage(used);
console.log(wall, (user + system) / 1000);
