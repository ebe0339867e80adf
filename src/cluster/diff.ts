import { structuredPatch } from 'diff';
import { stringify } from 'yaml';
import type { KubeObject } from './resource.ts';
import type { Write } from './write.ts';

/** A write as the lines of a YAML diff, with `+` and `-` and one line of context; empty for a delete. */
export function diffOf(write: Write): string[] {
  if (write.verb === 'delete') return [];
  const before = write.verb === 'update' ? yamlOf(write.before) : '';
  const { hunks } = structuredPatch('', '', before, yamlOf(write.object), '', '', { context: 1 });
  return hunks.flatMap((hunk) => hunk.lines).filter((line) => !line.startsWith('\\'));
}

function yamlOf(object: KubeObject): string {
  // what two parts of an object share is printed twice: a reader knows no anchors
  return stringify(asWritten(object), { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false });
}

/** The object as a user would write it: without the fields that the server sets. */
export function asWritten(object: KubeObject): KubeObject {
  const { metadata, status: _, ...rest } = object as KubeObject & { status?: unknown };
  const { managedFields, resourceVersion, uid, generation, creationTimestamp, ...own } = metadata ?? {};
  return { ...rest, metadata: own };
}
