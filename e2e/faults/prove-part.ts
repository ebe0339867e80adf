import { stories } from './crash-points.ts';
import { type Part, proveCrashPoints } from './prove-crash-points.ts';

/** A process that proves its part of a story, tells what came of it, and ends. */
const [name, part] = process.argv.slice(2);
const story = stories.find((each) => each.name === name);
if (story === undefined || part === undefined) throw new Error(`no such story: ${name}`);
const proof = await proveCrashPoints(story, JSON.parse(part) as Part);
process.send?.(proof, () => process.exit(0));
