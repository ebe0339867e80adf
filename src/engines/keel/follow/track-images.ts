import type { Sent } from '../admin/approval.ts';
import { bare, type Forecast } from '../forecast/forecast.ts';
import { wouldWrite } from '../forecast/policy.ts';
import { changeCauseOf, type KeelWorkload, policyOf, sameImage, tagOf } from '../forecast/workload.ts';

/** The part of a track to compare with the images of its workload. */
interface Expected {
  readonly forecast: Forecast;
  readonly sent: Sent;
  readonly writtenAt: number | undefined;
}

/**
 * Whether all containers that will get the image have it. If they had it before (policy `force`), Keel must
 * have written it again.
 */
export function hasImage(track: Expected, workload: KeelWorkload): boolean {
  const { forecast } = track;
  const wanted = wantedOf(track);
  const pairs = pairsOf(track, workload);
  const have = pairs.filter(({ now }) => now !== undefined && sameImage(now, wanted)).length;
  if (have < (isNameless(forecast) ? Math.min(1, pairs.length) : pairs.length) || have === 0) return false;
  if (forecast.takes === 'already') return true;
  const wasThere = pairs.every(({ before }) => sameImage(before, wanted));
  const cause = changeCauseOf(workload);
  return !wasThere || (cause !== undefined && cause !== forecast.causeBefore);
}

/**
 * Whether the step cannot know which containers Keel monitors, because Keel's list has no names. Then one
 * container with the image is enough.
 */
function isNameless({ workload, containers }: Forecast): boolean {
  const { annotations, labels } = workload;
  const chosen = annotations['keel.sh/monitorContainers'] ?? labels['keel.sh/monitorContainers'];
  return chosen !== undefined && containers.some(({ name }) => name === undefined);
}

/**
 * An image that another writer put into the workload: it is neither the previous nor the wanted image, and
 * Keel would not replace it with the wanted one.
 */
export function otherImage(track: Expected, workload: KeelWorkload): string | undefined {
  const wanted = wantedOf(track);
  const pairs = pairsOf(track, workload);
  const other = pairs.find(
    ({ before, now }) => now === undefined || !(sameImage(now, before) || sameImage(now, wanted)),
  );
  if (other !== undefined) {
    const running = other.now === undefined ? undefined : tagOf(other.now);
    const judgement = wouldWrite(policyOf(workload), running, track.sent.tag, undefined);
    if (track.writtenAt !== undefined || other.now === undefined || judgement.writes === 'no')
      return other.now ?? 'another container';
  }
  const reverted =
    track.writtenAt === undefined
      ? undefined
      : pairs.find(({ now }) => now !== undefined && !sameImage(now, wanted));
  return reverted?.now;
}

/**
 * The image of each container that will get the new one, before and now. Keel's list has no container names,
 * so its images are compared by their position.
 */
function pairsOf(
  { forecast }: Expected,
  workload: KeelWorkload,
): { before: string; now: string | undefined }[] {
  return forecast.containers.map((container) => {
    const place = forecast.workload.containers.indexOf(container);
    const now =
      container.name === undefined || workload.source === 'keel'
        ? workload.containers[place]
        : workload.containers.find(({ name, init }) => name === container.name && init === container.init);
    return { before: container.image, now: now?.image };
  });
}

function wantedOf({ sent }: Expected): string {
  return `${bare(sent.repository)}:${sent.tag}`;
}
