import type { Clock } from '../../../clock.ts';
import { formatDuration } from '../../../duration.ts';
import { messageOf } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { ClusterView } from '../forecast/cluster-view.ts';
import type { Forecast } from '../forecast/forecast.ts';

/** Shorter than POLL_INTERVAL_MS, because users are on a bad release until this ends. */
const REVERT_POLL_MS = 500;

/**
 * Restores the previous images in the workloads that Keel updated, and waits for their rollout. Keel itself
 * never rolls back.
 *
 * @param image the image that Keel wrote; a workload that has another one by now stays as it is
 * @returns aborted: production is as it was; stuck: a workload could not be restored
 */
export async function* revert(
  forecasts: readonly Forecast[],
  view: ClusterView,
  { reason, image, timeoutMs }: { reason: string; image: string; timeoutMs: number },
  clock: Clock,
): AsyncGenerator<PromotionEvent, Outcome> {
  yield { type: 'down', reason };
  const faults: string[] = [];
  for (const { workload, containers } of forecasts) {
    try {
      const written = await view.putImages(workload, containers, image, `drone-promote: back from ${image}`);
      const before = containers.map((each) => each.image).join(', ');
      yield written
        ? { type: 'write', verb: 'update', object: workload.identifier, message: `${image} → ${before}` }
        : {
            type: 'note',
            message: `${workload.identifier} no longer has ${image}, so this step leaves it as it is`,
          };
      if (!written) continue;
      const fault = await rolledBack(workload, view, timeoutMs, clock);
      if (fault !== undefined) faults.push(`${workload.identifier}: ${fault}`);
    } catch (error) {
      faults.push(`${workload.identifier}: ${messageOf(error)}`);
    }
  }
  if (faults.length > 0) {
    return {
      kind: 'stuck',
      reason: `${reason}\nThe step could not restore the previous images: ${faults.join('; ').replace(/\.?$/, '.')}`,
      hints: forecasts.map(
        ({ workload }) => `kubectl -n ${workload.namespace} rollout undo ${workload.kind}/${workload.name}`,
      ),
      image,
    };
  }
  return {
    kind: 'aborted',
    reason: `${reason}\nProduction is as it was: the previous images are restored and rolled out.`,
    hints: [
      'Keel updates again at the next webhook for this image, or at its next poll of a workload with keel.sh/trigger: poll.',
    ],
    image,
  };
}

/** Waits for the rollout of the restored images. @returns why it failed; undefined if it is done */
async function rolledBack(
  workload: Forecast['workload'],
  view: ClusterView,
  timeoutMs: number,
  clock: Clock,
): Promise<string | undefined> {
  const begun = clock.monotonic();
  for (;;) {
    const rollout = (await view.read(workload))?.rollout;
    if (!rollout) return 'it was deleted';
    if (rollout.state === 'done') return undefined;
    if (rollout.state === 'failed') return rollout.message;
    if (clock.monotonic() - begun >= timeoutMs)
      return `${rollout.message}, still after ${formatDuration(timeoutMs)}`;
    await clock.sleep(REVERT_POLL_MS);
  }
}
