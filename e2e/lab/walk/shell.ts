import { spawn } from 'node:child_process';

/** A line of output, with when it came: milliseconds since the shell began. */
interface Said {
  at: number;
  text: string;
}

/** What a person entered, and what came of it. */
export interface Entered {
  at: number;
  command: string;
  said: Said[];
  code: number;
  tookMs: number;
}

/** A shell of a person, in which variables and the folder last from line to line. */
export interface Shell {
  /** Milliseconds since it began. */
  now(): number;
  enter(command: string): Promise<Entered>;
  end(): void;
}

/** Ends what a command has printed; no program of the walk prints it. */
const END = '\u001e';

/** Starts bash without anybody's own settings. */
export function startShell(cwd: string, env: Readonly<Record<string, string>>): Shell {
  const child = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const begun = performance.now();
  const now = () => Math.round(performance.now() - begun);
  let rest = '';
  let hear: (line: string) => void = () => {};
  let gone: () => void = () => {};
  child.once('exit', () => gone());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line);
  });
  return {
    now,
    enter(command) {
      const at = now();
      const said: Said[] = [];
      return new Promise((resolve, reject) => {
        gone = () => reject(new Error(`the shell has ended: ${command}`));
        hear = (line) => {
          if (!line.startsWith(END)) said.push({ at: now(), text: line });
          else resolve({ at, command, said, code: Number(line.slice(1)), tookMs: now() - at });
        };
        const word = `'${command.replaceAll("'", "'\\''")}'`;
        child.stdin.write(`eval ${word} </dev/null 2>&1; printf '\\036%d\\n' $?\n`);
      });
    },
    end: () => void child.kill('SIGKILL'),
  };
}
