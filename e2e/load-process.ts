import { startLoadGenerator } from './load-generator.ts';

/** The load generator as a process of its own: its target comes as the first argument, `report` and `stop` as messages. */
const generator = startLoadGenerator(JSON.parse(process.argv[2] ?? ''));
process.on('message', (message) => {
  if (message === 'report') process.send?.(generator.report());
  if (message === 'stop') {
    generator.stop().then(
      (report) => process.send?.(report, () => process.exit(0)),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  }
});
// whoever started it is gone
process.on('disconnect', () => process.exit(0));
