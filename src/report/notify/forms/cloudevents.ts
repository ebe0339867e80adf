import type { Facts } from '../../facts/facts.ts';
import { reasonText } from '../../facts/summary.ts';
import type { Moment, Notice, NoticeRequest } from '../notice.ts';

/** The version of CDEvents whose types these are (cdevents.dev). */
const SPEC = '0.5.1';

/**
 * A CloudEvent in the binary mode of HTTP, with an event of CDEvents as its data. CDEvents has types for a
 * service that was upgraded or rolled back; the others are of this program's own.
 *
 * @param id unique for each event of the source
 */
export function cloudEvent(notice: Notice, id: string): Omit<NoticeRequest, 'url'> {
  const { facts, at } = notice;
  const { build } = facts;
  const type = typeOf(notice);
  const source = encodeURI(`/drone-promote/${build?.repository || 'unknown'}`);
  const timestamp = new Date(at).toISOString();
  return {
    headers: {
      'Content-Type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': id,
      'ce-source': source,
      'ce-type': type,
      'ce-time': timestamp,
    },
    body: {
      context: { specversion: SPEC, id, source, type, timestamp },
      subject: { id: subjectOf(facts), source, content: contentOf(notice, type) },
      customData: customDataOf(facts),
      customDataContentType: 'application/json',
    },
  };
}

function typeOf({ moment, facts }: Notice): string {
  if (moment !== 'promoted') return `dev.cdeventsx.dronepromote-promotion.${PREDICATES[moment]}.0.1.0`;
  const predicate = facts.subject?.action === 'rollback' ? 'rolledback' : 'upgraded';
  return `dev.cdevents.service.${predicate}.0.3.0`;
}

const PREDICATES: Readonly<Record<Exclude<Moment, 'promoted'>, string>> = {
  started: 'started',
  held: 'held',
  failed: 'failed',
};

function subjectOf({ outcome, subject }: Facts): string {
  const namespace = outcome?.namespace ?? subject?.namespace ?? 'default';
  return `${namespace}/${outcome?.workload ?? subject?.workload ?? 'unknown'}`;
}

function contentOf({ moment, facts }: Notice, type: string): object {
  const service = {
    environment: { id: facts.build?.target || 'production' },
    artifactId: packageUrl(facts),
  };
  if (type.startsWith('dev.cdevents.')) return service;
  return {
    ...service,
    outcome: facts.outcome?.kind ?? moment,
    reason: moment === 'started' ? '' : reasonText(facts),
  };
}

/** Facts for tools that count deployments: when it began and ended, which commit, from and to. */
function customDataOf({ outcome, subject, build, startedAt, at }: Facts): object {
  return {
    from: outcome?.from ?? subject?.from ?? '',
    to: outcome?.to ?? subject?.to ?? '',
    outcome: outcome?.kind ?? '',
    commit: build?.commit ?? '',
    build: build?.link ?? '',
    startedAt: startedAt === undefined ? '' : new Date(startedAt).toISOString(),
    finishedAt: outcome === undefined ? '' : new Date(at).toISOString(),
  };
}

/** The package URL of the release: `pkg:oci/web@sha256%3A…?repository_url=192.0.2.10:5000/shop/web`. */
function packageUrl({ outcome, subject }: Facts): string {
  const image = outcome?.to ?? subject?.to ?? '';
  const [reference = '', atDigest] = image.split('@');
  const colon = reference.lastIndexOf(':');
  const isTagged = colon > reference.lastIndexOf('/');
  const repository = isTagged ? reference.slice(0, colon) : reference;
  const tag = isTagged ? reference.slice(colon + 1) : '';
  const version = outcome?.digest ?? atDigest;
  const name = repository.slice(repository.lastIndexOf('/') + 1).toLowerCase() || 'unknown';
  const qualifiers = [
    `repository_url=${encodeURI(repository)}`,
    ...(tag === '' ? [] : [`tag=${encodeURIComponent(tag)}`]),
  ];
  const at = version === undefined ? '' : `@${encodeURIComponent(version)}`;
  return `pkg:oci/${encodeURIComponent(name)}${at}?${qualifiers.join('&')}`;
}
