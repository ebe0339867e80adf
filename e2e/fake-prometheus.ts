import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands for a Prometheus: it answers every query as it is told, and keeps what it was asked. */
export async function withPrometheus(
  answer: (query: string) => { status: number; body: object },
  tell: (url: string, queries: string[]) => Promise<void>,
): Promise<void> {
  const queries: string[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const query = new URLSearchParams(text).get('query') ?? '';
      queries.push(query);
      const { status, body } = answer(query);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await tell(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, queries);
  } finally {
    server.close();
  }
}

/** Its answer with those values, one a series. */
export const vector = (...values: string[]) => ({
  status: 200,
  body: {
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [0, value] })) },
  },
});
