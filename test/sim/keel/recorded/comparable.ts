import type { Any } from '../../api-server/store.ts';
import type { Workload } from '../workloads.ts';
import { templateOf, updateTimeHolder } from '../workloads.ts';

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC m=\+[\d.]+)/g;
const ID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** Written by controllers, of which the built-in cluster has not all. */
const BY_CONTROLLERS = ['deployment.kubernetes.io/revision', 'deprecated.daemonset.template.generation'];

/** Values that differ from run to run, by what they are. */
export function comparable(value: Any): Any {
  if (typeof value === 'string') return value.replace(TIME, '<time>').replace(ID, '<id>');
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !BY_CONTROLLERS.includes(key))
      .map(([key, each]) => [key, comparable(each)]),
  );
}

/** The names and types of a value: of a list those of its first element. */
export function shapeOf(value: Any): Any {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

/** A workload as the recorder wrote it down. */
export function sightOf(workload: Workload | undefined): Any {
  if (!workload) return { images: null, annotations: null };
  const { metadata } = workload.object;
  const imagesOf = (containers: Any[] = []) =>
    Object.fromEntries(containers.map(({ name, image }) => [name, image]));
  const { containers, initContainers } = templateOf(workload).spec;
  return {
    images: imagesOf(containers),
    initImages: imagesOf(initContainers),
    annotations: metadata.annotations ?? {},
    labels: metadata.labels ?? {},
    [workload.kind === 'cronjob' ? 'jobTemplateAnnotations' : 'templateAnnotations']:
      updateTimeHolder(workload).metadata?.annotations ?? null,
  };
}
