import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import { ingresses } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import type { Refusal } from '../../../errors.ts';
import { isOurs, nameTaken } from '../../../workload/canary-copy.ts';
import { previewName, previewRefusal, takenHosts } from '../../preview.ts';
import type { TrafficSplit } from '../../split.ts';
import type { Previewing } from '../../without-users.ts';
import { upstreamsOf } from '../access-log/routes.ts';
import { PREFIX } from '../annotations.ts';
import { canaryIngress } from '../canary-ingress.ts';
import { withPrefixSwapped } from '../controllers.ts';
import { entriesOf } from '../ingress.ts';
import { pairOf, portOf, previewIngresses, previewTls } from './ingress.ts';

/** An Ingress of its own leads the host to the canary. */
export const previewing: Previewing = {
  needsPorts: true,
  refusals: (split, objects) => [
    ...refusedHosts(split, objects),
    ...nameTaken('Ingress', namesOf(split), objects.all(ingresses), split.workload),
    ...unknownPorts(split, objects),
    ...sharedUpstreams(split, objects),
  ],

  describe(split, objects) {
    const { preview = '' } = split;
    const mains = mainsOf(split, objects);
    const made = previewIngresses(mains, split);
    const isMade = (main: Ingress) =>
      made.some((each) => nameOf(each) === previewName(nameOf(main), split.workload));
    const first = mains.find(isMade);
    const left = mains.filter((each) => !isMade(each));
    const hasTls = made.some(({ spec }) => spec?.tls !== undefined);
    const isForced = made.some(
      ({ metadata }) => metadata?.annotations?.[`${PREFIX}force-ssl-redirect`] === 'true',
    );
    return {
      url: `${hasTls || isForced ? 'https' : 'http'}://${preview}`,
      objects: made.map((each) => `Ingress/${nameOf(each)}`),
      notes: [
        ...(first ? certificateNotes(first, preview, isForced) : []),
        ...left.map((each) => `Ingress/${nameOf(each)} has the same paths, and is not tried`),
      ],
      warnings: [],
    };
  },

  make(split, objects) {
    const present = new Set(previewsOf(split, objects).map(nameOf));
    const prefixes = new Map(
      split.routes.map(({ stable, prefix }) => [previewName(stable, split.workload), prefix]),
    );
    return wanted(split, objects)
      .filter((each) => !present.has(nameOf(each)))
      .map((each): Write => {
        const object = withPrefixSwapped(each, prefixes.get(nameOf(each)));
        return { verb: 'create', resource: ingresses, object };
      });
  },
};

/** The names that Ingresses of the preview have, if there are any. */
export function namesOf({ routes, workload, preview }: TrafficSplit): string[] {
  return preview === undefined ? [] : routes.map(({ stable }) => previewName(stable, workload));
}

/** The Ingresses of the preview that exist, also those that are being deleted. */
export function previewsOf(split: TrafficSplit, objects: ObjectSource): Ingress[] {
  const names = new Set(namesOf(split));
  return objects.all(ingresses).filter((each) => names.has(nameOf(each)) && isOurs(each, split.workload));
}

/** The writes that end the preview. */
export function previewDeletions(split: TrafficSplit, objects: ObjectSource): Write[] {
  return previewsOf(split, objects)
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .map((object): Write => ({ verb: 'delete', resource: ingresses, object }));
}

function wanted(split: TrafficSplit, objects: ObjectSource): Ingress[] {
  return split.preview === undefined ? [] : previewIngresses(mainsOf(split, objects), split);
}

/** The users' Ingresses of the split, as their controllers read them. */
function mainsOf({ routes }: TrafficSplit, objects: ObjectSource): Ingress[] {
  const all = objects.all(ingresses);
  return routes.flatMap(({ stable, prefix }) =>
    all.filter((each) => nameOf(each) === stable).map((each) => withPrefixSwapped(each, prefix)),
  );
}

/** The controller serves one Ingress for a host and a path, and its webhook refuses the other. */
function refusedHosts(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  const { preview = '' } = split;
  const mains = mainsOf(split, objects);
  const having = (all: readonly Ingress[]) =>
    all.filter((each) => hostsOf(each).includes(preview)).map((each) => `Ingress/${nameOf(each)}`);
  const others = objects
    .all(ingresses)
    .filter((each) => !isOurs(each, split.workload))
    .filter((each) => !mains.some((main) => nameOf(main) === nameOf(each)));
  return takenHosts(preview, having(mains), having(others));
}

function hostsOf(ingress: Ingress): string[] {
  const alias = ingress.metadata?.annotations?.[`${PREFIX}server-alias`] ?? '';
  return [
    ...(ingress.spec?.rules ?? []).flatMap(({ host }) => host ?? []),
    ...alias.split(',').map((each) => each.trim()),
  ];
}

function unknownPorts(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  return mainsOf(split, objects).flatMap((main) => {
    const backends = entriesOf(main).flatMap(({ backend }) => {
      const pair = pairOf(backend, split);
      const port = backend.service?.port ?? {};
      return pair && !portOf(pair, port) ? [`${port.name ?? port.number} of Service/${pair.stable}`] : [];
    });
    return [...new Set(backends)].map((port) =>
      previewRefusal(
        `Ingress/${nameOf(main)} sends to port ${port}, which has no such port, so that the preview cannot name it.`,
        'Write a port of the Service into the Ingress, or remove `preview`.',
      ),
    );
  });
}

/** A port that the users' Ingresses write by number and by name leaves no third way for the preview. */
function sharedUpstreams(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  const services = split.services.map(({ canary }) => canary);
  const mains = mainsOf(split, objects);
  const canaries = mains.map((main) => canaryIngress(main, nameOf(main), split));
  const ofCanaries = new Set(upstreamsOf(canaries, services));
  const shared = upstreamsOf(wanted(split, objects), services).filter((each) => ofCanaries.has(each));
  if (shared.length === 0) return [];
  const names = mains.map((each) => `Ingress/${nameOf(each)}`).join(' and ');
  return [
    previewRefusal(
      `${names} writes a port of the Service by its number and by its name. ingress-nginx would take the preview for a part of the canary.`,
      'Write the port in one way, or remove `preview`.',
    ),
  ];
}

/** What a tester's browser says of the certificate. */
function certificateNotes(main: Ingress, host: string, isForced: boolean): string[] {
  const [own] = previewTls(main, host);
  const name = `Ingress/${nameOf(main)}`;
  if (own?.hosts) {
    return own.secretName === undefined
      ? ["by the controller's default certificate"]
      : [`by the certificate of Secret/${own.secretName}`];
  }
  if (own) {
    return [
      `by the certificate of Secret/${own.secretName} if it is for this host, or the controller's default certificate`,
    ];
  }
  if (isForced) return [`${name} has no certificate for this host: testers meet the controller's default`];
  return main.spec?.tls?.length ? [`without TLS, because ${name} has no certificate for this host`] : [];
}

function nameOf({ metadata }: Ingress): string {
  return metadata?.name ?? '';
}
