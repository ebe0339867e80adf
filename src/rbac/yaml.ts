import { Document, isScalar, visit } from 'yaml';
import type { Described } from './objects.ts';

const WIDTH = 110;

/** Objects as one YAML text for `kubectl apply -f -`, each with its comment above it. */
export function yamlOf(objects: readonly Described[]): string {
  return objects
    .map(({ comment, object }) => (comment === undefined ? '' : commentOf(comment)) + textOf(object))
    .join('---\n');
}

/** A text as lines of comment. */
export function commentOf(text: string): string {
  return wrapped(text)
    .map((line) => `# ${line}\n`)
    .join('');
}

/** One object; a list of scalars stays on its line. */
export function textOf(object: unknown): string {
  const document = new Document(object, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_, node) {
      if (node.items.every((item) => isScalar(item))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** A text in lines of at most WIDTH characters; a longer word has a line of its own. */
function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
