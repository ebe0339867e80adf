/** The size of a character and of a line, in pixels. */
const COLUMN = 7.3;
const LINE = 18;
const MARGIN = 14;
/** The widest line; a longer one goes on below, as in the window of a CI. */
const MOST_COLUMNS = 116;

/** The colours of a terminal, by the code with which the log paints its words. */
const COLOURS: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#f2cc60',
  '90': '#9da7b3',
};

/** A piece of a line with one colour. */
interface Piece {
  text: string;
  colour?: string;
}

/**
 * The log as a picture (SVG), with the colours of its words. Pure.
 *
 * @param title for people who do not see it
 * @param log text with the escapes of colours, as a terminal gets it
 */
export function logPicture(title: string, log: string): string {
  const lines = log
    .replaceAll('\r', '')
    .replace(/^\n+|\n+$/g, '')
    .split('\n')
    .flatMap((line) => wrapped(piecesOf(line)));
  const width = Math.ceil(MOST_COLUMNS * COLUMN) + 2 * MARGIN;
  const height = lines.length * LINE + 2 * MARGIN;
  const texts = lines.map(
    (pieces, index) =>
      `<text x="${MARGIN}" y="${MARGIN + 13 + index * LINE}">${pieces.map(markupOf).join('')}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>${title}</title>
<style>text{font:12px "DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#e6edf3;white-space:pre}</style>
<rect width="100%" height="100%" rx="6" fill="#0d1117"/>
${texts.join('\n')}
</svg>
`;
}

function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = [];
  let colour: string | undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of colours are what this reads
  for (const [index, part] of line.split(/\u001b\[(\d*)m/).entries()) {
    if (index % 2 === 1) colour = COLOURS[part];
    else if (part !== '') pieces.push(colour === undefined ? { text: part } : { text: part, colour });
  }
  return pieces;
}

/** The pieces in lines that are not too wide; what goes on below stands under the text of the log. */
function wrapped(pieces: readonly Piece[]): Piece[][] {
  const all = pieces.map(({ text }) => text).join('');
  const last = pieces.at(-1);
  if (all.length <= MOST_COLUMNS || !last) return [[...pieces]];
  const room = MOST_COLUMNS - (all.length - last.text.length);
  const space = last.text.lastIndexOf(' ', room);
  const cut = space > 0 ? space : room;
  const indent = ' '.repeat(/^\d\d:\d\d:\d\d |^ {19}/.test(all) ? 19 : 2);
  const first = [...pieces.slice(0, -1), { ...last, text: last.text.slice(0, cut) }];
  return [first, ...wrapped([{ ...last, text: `${indent}${last.text.slice(cut).trimStart()}` }])];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function markupOf({ text, colour }: Piece): string {
  const safe = text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? '');
  return colour === undefined ? safe : `<tspan fill="${colour}">${safe}</tspan>`;
}
