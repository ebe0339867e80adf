import { build } from 'esbuild';

/** The files that esbuild reads for the program, with those that the bundle then leaves out. */
export async function bundleInputs(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: ['src/main.ts'],
    absWorkingDir: new URL('../../', import.meta.url).pathname,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  });
  return Object.keys(metafile.inputs);
}
