import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM_IMAGE } from '../programs.ts';
import { buildInto } from './build-image.ts';

/** `npm run test:image`: builds the image twice, and fails if a layer over the base image differs. Needs root and buildah; some minutes. */
const [first, second] = [1, 2].map(() => {
  const folder = mkdtempSync(join(tmpdir(), 'drone-promote-image-'));
  try {
    return buildInto(folder, PROGRAM_IMAGE).ownLayers;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
console.log(`first:  ${first?.join(' ')}\nsecond: ${second?.join(' ')}`);
const isSame = first !== undefined && first.length > 0 && first.join() === second?.join();
console.log(isSame ? 'The layers are the same.' : 'The layers differ.');
process.exitCode = isSame ? 0 : 1;
