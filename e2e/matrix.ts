/** A line of a story of a router, as scenarios/gateway/told-router.ts prints it. */
const CELL = /^# (?<router>[^|\n]+) \| (?<story>[^|\n]+) \| (?<cell>[^|\n]+)$/gm;

/**
 * The stories of the routers as a table: how many requests failed of how many, and how many of them a bad version
 * failed by itself. Undefined if no story of a router was told.
 *
 * @param output what the tests printed
 */
export function matrixOf(output: string): string | undefined {
  const cells = [...output.matchAll(CELL)].flatMap(({ groups }) => (groups ? [groups] : []));
  if (cells.length === 0) return undefined;
  const routers = [...new Set(cells.map(({ router = '' }) => router))];
  const stories = Map.groupBy(cells, ({ story = '' }) => story);
  const rows = [...stories].map(([story, told]) => [
    story,
    ...routers.map((router) => told.findLast((each) => each.router === router)?.cell ?? ''),
  ]);
  return [['failed requests', ...routers], ['---', ...routers.map(() => '---')], ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');
}
