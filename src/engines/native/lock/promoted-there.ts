import type { Cluster, Right } from '../../../cluster/client.ts';
import { leases } from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import type { PastImage, Place } from '../../../image/verify/required.ts';
import { referenceOf, workloadIn } from '../../../workload/rolling/kinds.ts';
import { decodeHistory } from '../plan/record.ts';
import { HISTORY, leaseName } from './lease.ts';

/**
 * What the record of a workload of any namespace says was promoted there, newest first.
 *
 * @throws PromoteError `rights` if the credentials may not read it
 */
export async function promotedThere(
  cluster: Cluster,
  { namespace, workload }: Place,
): Promise<readonly PastImage[]> {
  if (!(await cluster.may(rightToKnow({ namespace, workload })))) {
    throw new PromoteError(
      'rights',
      `The credentials may not read the record of ${workload} in ${namespace}, which \`requires\` names.`,
      {
        hint: `drone-promote rbac, with the settings of this step, prints the Role: list leases in ${namespace}.`,
      },
    );
  }
  const name = leaseName(referenceOf(workloadIn(workload)));
  const { items } = await cluster.list(leases, { fieldSelector: `metadata.name=${name}` }, { namespace });
  const [lease] = items.filter(({ metadata }) => metadata?.name === name);
  return decodeHistory(lease?.metadata?.annotations?.[HISTORY])
    .filter(({ outcome }) => outcome === 'promoted')
    .map(({ image, at }) => ({ image, at }));
}

/** The right to read that record. */
export function rightToKnow({ namespace, workload }: Place): Right {
  return { verb: 'list', resource: leases, namespace, name: leaseName(referenceOf(workloadIn(workload))) };
}
