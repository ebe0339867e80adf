/** What a document has a person do, or what it says will be seen. */
export type Act =
  | { kind: 'file'; section: string; name: string; text: string }
  | { kind: 'command'; section: string; text: string }
  | { kind: 'log'; section: string; of: string; text: string };

const LINE = /^(?:#+ (.*)|<!-- log of (.*) -->|( *)```(\w*))$/gm;

/**
 * The acts of a Markdown document, in its order: a block of shell is its lines, a pipeline is the file `.drone.yml`, another block is
 * the file that the paragraph before it names, and a block of text is the log that the comment before it names. Pure.
 */
export function actsOf(markdown: string): Act[] {
  const acts: Act[] = [];
  let [section, log] = ['', ''];
  LINE.lastIndex = 0;
  for (let found = LINE.exec(markdown); found !== null; found = LINE.exec(markdown)) {
    const [line, heading, of, indent = '', language] = found;
    if (heading !== undefined) section = heading;
    else if (of !== undefined) log = of;
    else {
      const begin = found.index + line.length + 1;
      const end = markdown.indexOf(`${indent}\`\`\`\n`, begin);
      const text = markdown.slice(begin, end).replaceAll(new RegExp(`^${indent}`, 'gm'), '');
      const before = markdown.slice(0, found.index).trimEnd().split('\n').at(-1) ?? '';
      acts.push(
        ...blockActs(language ?? '', text, fileNamedIn(before), log).map((act) => ({ section, ...act })),
      );
      LINE.lastIndex = end + indent.length + 4;
    }
  }
  return acts;
}

/** The document with the log of a release as it was seen now. Pure. */
export function withLog(markdown: string, of: string, log: string): string {
  const [before = '', after] = markdown.split(`<!-- log of ${of} -->`);
  if (after === undefined) throw new Error(`there is no log of ${of}`);
  return `${before}<!-- log of ${of} -->${after.replace(/(?<=^```text\n)[\s\S]*?(?=^```$)/m, () => log)}`;
}

type Plain = Act extends infer One ? (One extends Act ? Omit<One, 'section'> : never) : never;

function blockActs(language: string, text: string, file: string | undefined, log: string): Plain[] {
  if (language === 'sh') return commandsIn(text).map((each) => ({ kind: 'command', text: each }));
  if (language === 'text') return [{ kind: 'log', of: log, text }];
  const name = /^kind: pipeline$/m.test(text) ? '.drone.yml' : file;
  return name === undefined ? [] : [{ kind: 'file', name, text }];
}

/** The file with whose name a paragraph begins. */
function fileNamedIn(line: string): string | undefined {
  return /^`([\w.-]+)`/.exec(line)?.[1];
}

/** The lines of a shell as a person enters them: one that ends in a backslash goes on. */
function commandsIn(text: string): string[] {
  return text.split(/(?<!\\)\n/).filter((line) => line.trim() !== '');
}
