/** The commands of a piece of shell, each as its words, without redirections, assignments in front and the text of here-documents. */
export function commandsIn(text: string): string[][] {
  const lines = withoutHereDocuments(text)
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n');
  return lines.flatMap(commandsOf).filter((words) => words.length > 0);
}

function withoutHereDocuments(text: string): string {
  return text.replaceAll(/<<-?\s*'?(\w+)'?(.*)\n[\s\S]*?^\1$/gm, '$2');
}

/** Of a line. Quotes keep their text together; what `$(…)` holds is one word. */
function commandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  const word =
    /\s*(?:(#.*)|(\|\||&&|[|;&])|(\d?>>?\s*\S+)|((?:"(?:\$\([^)]*\)|[^"])*"|'[^']*'|\$\([^)]*\)|<\([^)]*\)|<[^>\s]*>|[^\s|;&#>"']|(?<=\S)#)+))/y;
  for (word.lastIndex = 0; word.lastIndex < line.trimEnd().length; ) {
    const [, comment, separator, redirection, text] = word.exec(line) ?? [];
    if (comment !== undefined) break;
    if (separator !== undefined) commands.push([]);
    else if (text !== undefined) commands.at(-1)?.push(unquoted(text));
    else if (redirection === undefined) throw new Error(`not understood: ${line}`);
  }
  return commands.map((words) => {
    const first = words.findIndex((each) => !/^\w+=/.test(each));
    return first === -1 ? [] : words.slice(first);
  });
}

function unquoted(text: string): string {
  return text.replaceAll(/"((?:\$\([^)]*\)|[^"])*)"|'([^']*)'/g, (_, double, single) => double ?? single);
}
