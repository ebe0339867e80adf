import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

export interface FileListener {
  /** Whole lines, as soon as they are written. */
  onLines(lines: string[]): void;
  /** Another file has the name: the container was started again. */
  onRestart(): void;
}

/** Against an event that was lost. */
const LOOK_AGAIN_MS = 250;

/** Reads a log from its beginning, and what is added as it is added; a file that takes its place, too. @returns what ends it */
export function followFile(path: string, { onLines, onRestart }: FileListener): () => void {
  const buffer = Buffer.alloc(1 << 16);
  let file: FileHandle | undefined;
  let rest = '';
  let isBusy = false;
  let isChanged = false;

  async function readAll(): Promise<void> {
    for (;;) {
      const { bytesRead = 0 } = (await file?.read(buffer)) ?? {};
      if (bytesRead === 0) return;
      const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
      rest = lines.pop() ?? '';
      // a line may be cut within a character
      onLines(lines.map((line) => Buffer.from(line, 'latin1').toString()));
    }
  }

  async function look(): Promise<void> {
    await readAll();
    const [known, named] = [await file?.stat(), await stat(path).catch(() => undefined)];
    if (named === undefined || named.ino === known?.ino) return;
    // what was written between the read and the new file
    await readAll();
    await file?.close();
    rest = '';
    if (file) onRestart();
    file = await open(path);
    await readAll();
  }

  async function changed(): Promise<void> {
    isChanged = true;
    if (isBusy) return;
    isBusy = true;
    while (isChanged) {
      isChanged = false;
      await look().catch((error: unknown) => console.error(`${basename(path)}: ${error}`));
    }
    isBusy = false;
  }

  const watcher = watch(dirname(path), () => void changed());
  const timer = setInterval(() => void changed(), LOOK_AGAIN_MS);
  void changed();
  return () => {
    watcher.close();
    clearInterval(timer);
    void file?.close();
  };
}
