import assert from 'node:assert/strict';
import { it } from 'node:test';
import { matrixOf } from '../../e2e/matrix.ts';

it('the stories of the routers become a table, a story a row and a router a column', () => {
  const output = `ok
# by Traefik | a good release is promoted | 0 of 5,931
✔ traefik: by Traefik, a good release is promoted (40s)
# by Istio | a bad release is found | 0 of 2,103, and 2 of the bad version in 2.6s
# by Traefik | a bad release is found | 0 of 1,867, and 2 of the bad version in 1.3s
# 3 requests
`;
  assert.equal(
    matrixOf(output),
    `| failed requests | by Traefik | by Istio |
| --- | --- | --- |
| a good release is promoted | 0 of 5,931 |  |
| a bad release is found | 0 of 1,867, and 2 of the bad version in 1.3s | 0 of 2,103, and 2 of the bad version in 2.6s |`,
  );
});

it('there is no table without a story of a router', () => assert.equal(matrixOf('# a note\nok'), undefined));
