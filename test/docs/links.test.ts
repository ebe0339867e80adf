import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { documents, read } from './blocks.ts';

/** The anchors of a document: those of its headings, as GitHub and Gitea make them, and those that are written into it. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id)];
}

describe('the links between documents', () => {
  for (const file of documents()) {
    const links = [
      ...read(file)
        .replaceAll(/^```[\s\S]*?^```$/gm, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ]
      .map(([, to = '']) => to)
      .filter((to) => !/^(https?|mailto):/.test(to));
    for (const to of new Set(links)) {
      it(`${file} → ${to}`, () => {
        const [path = '', anchor] = to.split('#');
        const target = path === '' ? file : join(dirname(file), path);
        assert.ok(existsSync(new URL(`../../${target}`, import.meta.url)), `there is no ${target}`);
        if (anchor !== undefined) assert.ok(anchorsOf(read(target)).includes(anchor), `no anchor ${anchor}`);
      });
    }
  }

  it('lead to every how-to from their index', () => {
    const index = read('docs/how-to/README.md');
    for (const file of documents().filter((each) => /^docs\/how-to\/(?!README)/.test(each))) {
      assert.ok(index.includes(`(${file.replace('docs/how-to/', '')})`), file);
    }
  });
});
