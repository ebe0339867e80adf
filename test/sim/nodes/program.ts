import { withoutCard } from '../../../e2e/step-environment.ts';
import type { Clock } from '../../../src/clock.ts';
import { main } from '../../../src/main.ts';
import type { Routers } from '../../../src/traffic/index.ts';
import type { ApiServer } from '../api-server/server.ts';

/** This program, run inside this process as if it were one of its own. */
export interface Program {
  /** Its exit code; -1 when it was killed. Never rejects. */
  readonly done: Promise<number>;
  /** Everything it has printed until now. */
  log(): string;
  /** SIGKILL: it sends nothing more, gets no more answers, and never wakes again. */
  kill(): void;
  /** SIGTERM. */
  terminate(): void;
}

/** Starts the program. The token is its own: by it the server knows what it sends, and cuts it off when it dies. */
export function startProgram(
  { server, clock, routers }: { server: ApiServer; clock: Clock; routers?: Routers | undefined },
  token: string,
  env: Readonly<Record<string, string>>,
): Program {
  const cancel = new AbortController();
  const death = server.death(token);
  let log = '';
  const running = main({
    env,
    clock: mortalClock(clock, death),
    write: (text) => {
      if (!death.aborted) log += text;
    },
    signal: cancel.signal,
    ...(routers ? { routers } : {}),
  });
  const killed = new Promise<number>((resolve) => {
    death.addEventListener('abort', () => resolve(-1), { once: true });
  });
  return {
    done: Promise.race([running, killed]),
    log: () => withoutCard(log),
    kill: () => server.cutOff(token),
    terminate: () => cancel.abort(),
  };
}

/** A clock that never wakes a process that is dead. */
function mortalClock(clock: Clock, death: AbortSignal): Clock {
  const alive = async (waiting: Promise<void>) => {
    await waiting;
    if (death.aborted) await new Promise(() => {});
  };
  return { ...clock, sleep: (ms, signal) => alive(clock.sleep(ms, signal)) };
}
