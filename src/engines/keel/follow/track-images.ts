import type { Sent } from '../admin/approval.ts';
import { bare, type Forecast } from '../forecast/forecast.ts';
import { wouldWrite } from '../forecast/policy.ts';
import { changeCauseOf, type KeelWorkload, policyOf, sameImage, tagOf } from '../forecast/workload.ts';

/** Of a track, what is to be compared with its workload's images. */
interface Expected {
  readonly forecast: Forecast;
  readonly sent: Sent;
  readonly writtenAt: number | undefined;
}

/** All containers that are to get the image have it; where they had it before (force), Keel has written it anew. */
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

/** Keel's list does not say which of the containers it monitors: one that has the image is all that can be asked for. */
function isNameless({ workload, containers }: Forecast): boolean {
  const { annotations, labels } = workload;
  const chosen = annotations['keel.sh/monitorContainers'] ?? labels['keel.sh/monitorContainers'];
  return chosen !== undefined && containers.some(({ name }) => name === undefined);
}

/** An image that is neither that of before nor the wanted one, and that Keel would not write the wanted one over. */
export function otherImage(track: Expected, workload: KeelWorkload): string | undefined {
  const wanted = wantedOf(track);
  const pairs = pairsOf(track, workload);
  const other = pairs.find(
    ({ before, now }) => now === undefined || !(sameImage(now, before) || sameImage(now, wanted)),
  );
  if (other !== undefined) {
    const running = other.now === undefined ? undefined : tagOf(other.now);
    const judged = wouldWrite(policyOf(workload), running, track.sent.tag, undefined);
    if (track.writtenAt !== undefined || other.now === undefined || judged.writes === 'no')
      return other.now ?? 'another container';
  }
  const back =
    track.writtenAt === undefined
      ? undefined
      : pairs.find(({ now }) => now !== undefined && !sameImage(now, wanted));
  return back?.now;
}

/** Each container that is to get the image, before and now. Keel's list has no names: there the place among the images counts. */
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
