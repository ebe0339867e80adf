import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Rule } from '../../../e2e/rbac.ts';
import { orphan } from '../controllers/garbage-collector.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Admission } from './admission.ts';
import { matchesSelector, mergePatch, type Problem, problemOf, withDefaults } from './admit.ts';
import { allows } from './authorize.ts';
import { deleteObject, propagationOf } from './deletion.ts';
import type { Faults } from './faults.ts';
import { createPages } from './pages.ts';
import { isKnownGroup, type Target, targetOf } from './resources.ts';
import type { Any, Change, Store, Stored } from './store.ts';
import { createWrites, type Fate } from './writes.ts';

/** What the API server is made of. */
export interface ServerParts {
  store: Store;
  clock: VirtualClock;
  faults: Faults;
  admission: Admission;
  /** Rules by token. */
  users: Map<string, readonly Rule[]>;
  /** Rules of a ServiceAccount. */
  accountRules(namespace: string, name: string): readonly Rule[];
  /** A container's last lines; `previous` for the run before a restart. */
  /** What a pod answers at /metrics; undefined where it does not. */
  metrics(namespace: string, pod: string): string | undefined;
  logs(namespace: string, pod: string, previous: boolean): string;
  /** Follows a log; undefined for a pod whose log cannot be followed here. The function that it returns ends it. */
  followLog(
    namespace: string,
    pod: string,
  ): ((params: URLSearchParams, send: (text: string) => void) => () => void) | undefined;
}

export interface ApiServer {
  url: string;
  /** Requests answered until now, watches included, by `VERB plural`. */
  counts: Map<string, number>;
  /** Bytes sent until now, to all clients. */
  sentBytes(): number;
  /** What each token has asked for, as `VERB GROUP/RESOURCE in NAMESPACE`; reviews of its own rights are not among it. */
  asked: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ends every watch and every log that is followed, as a restart of the server does. */
  dropWatches(): void;
  /** Closes all connections of a token, and takes no more of its requests: its process is dead. */
  cutOff(token: string): void;
  /** Aborts when a token is cut off. */
  death(token: string): AbortSignal;
  /** What a token has written until now, such as `update leases/drone-promote-web`: taken or not, but for dry runs. */
  writes(token: string): readonly string[];
  /** Decides the fate of a token's process at its n-th write (the first is 1). */
  onWrite(token: string, fate: (n: number) => Fate): void;
  close(): Promise<void>;
}

interface Request {
  method: string;
  url: URL;
}

interface Answer {
  code: number;
  body: Any;
}

type FollowLog = NonNullable<ReturnType<ServerParts['followLog']>>;
type Reply = Answer | { watch: Target } | { text: string; code?: number } | { follow: FollowLog };

/** The one object that a request addresses: by its path, or a list or watch of one name. A pod is asked with its port. */
function nameIn({ name }: Target, { searchParams }: URL): string | undefined {
  const [, selected] = /^metadata\.name=([^,]+)$/.exec(searchParams.get('fieldSelector') ?? '') ?? [];
  return name ?? selected;
}

/** An HTTP server on loopback that speaks the Kubernetes API as far as this project uses it. */
export async function startServer({
  store,
  clock,
  faults,
  admission,
  users,
  accountRules,
  logs,
  followLog,
  metrics,
}: ServerParts): Promise<ApiServer> {
  const counts = new Map<string, number>();
  const asked = new Map<string, Set<string>>();
  const watches = new Set<http.ServerResponse>();
  const sockets = new Map<Socket, string>();
  const lives = new Map<string, AbortController>();
  const writes = createWrites();
  const pageOf = createPages(store);

  function lifeOf(token: string): AbortController {
    const life = lives.get(token) ?? new AbortController();
    lives.set(token, life);
    return life;
  }

  function cutOff(token: string): void {
    lifeOf(token).abort();
    for (const [socket, owner] of sockets) if (owner === token) socket.destroy();
  }

  const server = http.createServer((request, response) => {
    clock.busy(1);
    let open = true;
    const ended = () => {
      if (open) clock.busy(-1);
      open = false;
    };
    response.on('close', ended);
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    sockets.set(request.socket, token);
    if (lives.get(token)?.signal.aborted) {
      request.socket.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (lost = false) => {
        const asked = { method: request.method ?? 'GET', url: new URL(request.url ?? '/', 'http://sim') };
        const body = Buffer.concat(chunks).toString();
        const fate = fateOf(asked, token, body);
        if (fate === 'kill-before') return cutOff(token);
        const reply = replyTo(asked, token, body);
        if (fate === 'kill-after') return cutOff(token);
        if (lost) request.socket.destroy();
        else give(response, reply, asked.url, ended);
      };
      const fault = faults.take(request);
      if (fault === undefined) answer();
      else if (fault === 'reset') request.socket.destroy();
      else if (fault === 'lose-answer') answer(true);
      else if ('delay' in fault) {
        ended();
        clock.after(fault.delay, () => answer());
      } else {
        if (fault.retryAfter !== undefined) response.setHeader('Retry-After', String(fault.retryAfter));
        send(
          response,
          status({
            code: fault.status,
            reason: 'Fault',
            message: 'the server is unable to handle the request',
          }),
        );
      }
    });
  });

  function give(response: http.ServerResponse, reply: Reply, { searchParams }: URL, ended: () => void): void {
    if ('watch' in reply) {
      // a watch is not work under way: it waits for events
      ended();
      watch(response, reply.watch, searchParams);
    } else if ('follow' in reply) {
      ended();
      follow(response, reply.follow, searchParams);
    } else if ('text' in reply) {
      response.writeHead(reply.code ?? 200, { 'Content-Type': 'text/plain' });
      response.end(reply.text);
    } else send(response, reply);
  }

  /** What becomes of the process that sent this; nothing, where it is no write. */
  function fateOf({ method, url }: Request, token: string, body: string): Fate {
    const target = targetOf(url.pathname);
    if (!target || method === 'GET' || isDry(url.searchParams, method, body)) return undefined;
    const { kind, name = JSON.parse(body).metadata?.name, subresource } = target;
    const parts = [kind.plural, name, ...(subresource === undefined ? [] : [subresource])];
    return writes.take(token, `${verbOf(method, target, false)} ${parts.join('/')}`);
  }

  function count(label: string, token: string, right?: string): void {
    if (right !== undefined) asked.set(token, (asked.get(token) ?? new Set()).add(right));
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }

  function replyTo({ method, url }: Request, token: string, body: string): Reply {
    const rules = users.get(token);
    if (!rules) return status({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    const [, reviewed] = /\/((self|local)?subjectaccessreviews)$/.exec(url.pathname) ?? [];
    if (reviewed !== undefined) return review(reviewed, rules, token, JSON.parse(body));
    const target = targetOf(url.pathname);
    if (!target) {
      if (!isKnownGroup(url.pathname)) return { code: 404, text: '404 page not found\n' };
      const message = 'the server could not find the requested resource';
      return status({ code: 404, reason: 'NotFound', message });
    }
    const watching = url.searchParams.get('watch') === 'true';
    const verb = verbOf(method, target, watching);
    const label = `${verb} ${target.kind.plural}`;
    const subresource = target.subresource?.split('/')[0];
    const resource = subresource ? `${target.kind.plural}/${subresource}` : target.kind.plural;
    const { namespace, kind } = target;
    count(label, token, `${verb} ${kind.group}/${resource}${namespace === '' ? '' : ` in ${namespace}`}`);
    if (!allows(rules, { verb, group: kind.group, resource, namespace, name: nameIn(target, url) })) {
      const message = `${target.kind.plural} is forbidden: User "step" cannot ${verb} resource "${resource}" in API group "${target.kind.group}" in the namespace "${target.namespace}"`;
      return status({ code: 403, reason: 'Forbidden', message });
    }
    if (watching) return { watch: target };
    if (target.subresource?.startsWith('proxy/')) return proxied(target);
    if (target.subresource === 'log') {
      const following = followLog(target.namespace, target.name ?? '');
      if (following && url.searchParams.get('follow') === 'true') return { follow: following };
      const previous = url.searchParams.get('previous') === 'true';
      return { text: logs(target.namespace, target.name ?? '', previous) };
    }
    return answerTo(method, target, url.searchParams, body);
  }

  /** Whether somebody has a right: the one who asks, or an account that is named, for whoever may ask that. */
  function review(kind: string, own: readonly Rule[], token: string, body: Any): Reply {
    count(`create ${kind}`, token);
    const { user, resourceAttributes } = body.spec;
    const { verb, group = '', namespace = '', name } = resourceAttributes;
    const resource = [resourceAttributes.resource, resourceAttributes.subresource].filter(Boolean).join('/');
    const toAsk = { verb: 'create', group: 'authorization.k8s.io', resource: kind, namespace };
    if (user !== undefined && !allows(own, toAsk)) {
      const message = `${kind}.authorization.k8s.io is forbidden: User "step" cannot create resource "${kind}"`;
      return status({ code: 403, reason: 'Forbidden', message });
    }
    const [, , where = '', account = ''] = user?.split(':') ?? [];
    const rules = user === undefined ? own : accountRules(where, account);
    const allowed = allows(rules, { verb, group, resource, namespace, name });
    return { code: 201, body: { ...body, status: { allowed } } };
  }

  /** `POD:PORT/proxy/metrics`: what the pod answers there. */
  function proxied({ namespace, name = '' }: Target): Reply {
    const [pod = ''] = name.split(':');
    const text = store.get('pods', namespace, pod) && metrics(namespace, pod);
    const message = `no endpoints available for pod "${pod}"`;
    return text === undefined ? status({ code: 503, reason: 'ServiceUnavailable', message }) : { text };
  }

  function answerTo(method: string, target: Target, params: URLSearchParams, body: string): Answer {
    const { kind, namespace, name } = target;
    const dry = isDry(params, method, body);
    if (name === undefined) {
      if (method === 'GET') return listOf(target, params);
      return create(target, JSON.parse(body), dry);
    }
    const found = store.get(kind.plural, namespace, name);
    if (!found) {
      const message = `${kind.plural}${kind.group ? `.${kind.group}` : ''} "${name}" not found`;
      return status({ code: 404, reason: 'NotFound', message });
    }
    if (method === 'GET') return { code: 200, body: found };
    if (method === 'DELETE') return remove(target, found, body === '' ? {} : JSON.parse(body), dry);
    const wanted = method === 'PATCH' ? mergePatch(found, JSON.parse(body)) : JSON.parse(body);
    return update(target, found, wanted, dry);
  }

  function create({ kind, namespace }: Target, given: Any, dry: boolean): Answer {
    const metadata = { ...given.metadata, ...(kind.namespaced ? { namespace } : {}) };
    const { status: _, ...rest } = given;
    const object = withDefaults(kind.plural, {
      ...rest,
      apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
      kind: kind.kind,
      metadata,
    });
    const problem =
      admission.problemOf({ verb: 'create', resource: kind.plural, object, store }) ??
      problemOf(kind.plural, kind.kind, object, undefined);
    if (problem) return status(problem);
    if (dry && !store.get(kind.plural, namespace, metadata.name)) return { code: 201, body: object };
    const stored = dry ? undefined : store.add(kind.plural, object);
    if (stored) return { code: 201, body: stored };
    const message = `${kind.plural}${kind.group ? `.${kind.group}` : ''} "${metadata.name}" already exists`;
    return status({ code: 409, reason: 'AlreadyExists', message });
  }

  function update({ kind, subresource }: Target, found: Stored, wanted: Any, dry: boolean): Answer {
    const version = wanted.metadata?.resourceVersion;
    if (version !== undefined && version !== found.metadata.resourceVersion) {
      const message = `Operation cannot be fulfilled on ${kind.plural} "${found.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`;
      return status({ code: 409, reason: 'Conflict', message });
    }
    const { uid, creationTimestamp, generation, deletionTimestamp } = found.metadata;
    const kept = {
      uid,
      creationTimestamp,
      ...(generation === undefined ? {} : { generation }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    };
    const object =
      subresource === 'status'
        ? { ...found, status: wanted.status }
        : withDefaults(kind.plural, {
            ...wanted,
            metadata: { ...wanted.metadata, ...kept },
            ...(found.status === undefined ? {} : { status: found.status }),
          });
    const problem =
      admission.problemOf({ verb: 'update', resource: kind.plural, object, store }) ??
      problemOf(kind.plural, kind.kind, object, found);
    if (problem) return status(problem);
    return { code: 200, body: dry ? object : store.put(kind.plural, object) };
  }

  function remove({ kind }: Target, found: Stored, options: Any, dry: boolean): Answer {
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (
      (uid && uid !== found.metadata.uid) ||
      (resourceVersion && resourceVersion !== found.metadata.resourceVersion)
    ) {
      const message = `Operation cannot be fulfilled on ${kind.plural} "${found.metadata.name}": the precondition does not match`;
      return status({ code: 409, reason: 'Conflict', message });
    }
    if (dry) return { code: 200, body: found };
    const propagation = propagationOf(kind.plural, options.propagationPolicy);
    const left = deleteObject(store, clock.now(), kind.plural, found, propagation);
    if (propagation === 'Orphan') orphan(store, found.metadata.uid);
    return { code: 200, body: left ?? { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
  }

  function listOf(target: Target, params: URLSearchParams): Answer {
    const page = pageOf(params, () =>
      store
        .list(target.kind.plural, target.namespace === '' ? undefined : target.namespace)
        .filter((object) => selected(object, target, params)),
    );
    if ('code' in page) return status(page);
    return { code: 200, body: { kind: `${target.kind.kind}List`, apiVersion: 'v1', ...page } };
  }

  function watch(response: http.ServerResponse, target: Target, params: URLSearchParams): void {
    const from = Number(params.get('resourceVersion') || store.version());
    const missed = store.since(from);
    response.writeHead(200, { 'Content-Type': 'application/json' });
    const write = (type: string, object: Any) => {
      clock.touch();
      response.write(`${JSON.stringify({ type, object })}\n`);
    };
    if (!missed) {
      write('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
      response.end();
      return;
    }
    const tell = (change: Change) => {
      if (change.resource !== target.kind.plural) return;
      const now = change.type !== 'DELETED' && selected(change.object, target, params);
      const then = change.before !== undefined && selected(change.before, target, params);
      if (now) write(then ? 'MODIFIED' : 'ADDED', change.object);
      else if (then) write('DELETED', change.object);
    };
    for (const change of missed) tell(change);
    response.flushHeaders();
    const unsubscribe = store.subscribe(tell);
    watches.add(response);
    const seconds = Number(params.get('timeoutSeconds') || 0);
    const cancel = seconds > 0 ? clock.after(seconds * 1000, () => response.end()) : () => {};
    response.on('close', () => {
      unsubscribe();
      cancel();
      watches.delete(response);
      clock.touch();
    });
  }

  function follow(response: http.ServerResponse, from: FollowLog, params: URLSearchParams): void {
    response.setHeader('Content-Type', 'text/plain');
    watches.add(response);
    const end = from(params, (text) => {
      clock.touch();
      response.write(text);
    });
    response.on('close', () => {
      end();
      watches.delete(response);
      clock.touch();
    });
  }

  let closedBytes = 0;
  server.on('connection', (socket) => {
    sockets.set(socket, '');
    socket.on('close', () => {
      sockets.delete(socket);
      closedBytes += socket.bytesWritten;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    sentBytes: () => [...sockets.keys()].reduce((sum, { bytesWritten }) => sum + bytesWritten, closedBytes),
    asked,
    dropWatches: () => {
      for (const response of watches) response.destroy();
    },
    cutOff,
    death: (token) => lifeOf(token).signal,
    writes: writes.of,
    onWrite: writes.decide,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A delete says it in its body, as client-go does; the rest in the query. */
function isDry(params: URLSearchParams, method: string, body: string): boolean {
  if (params.get('dryRun') === 'All') return true;
  return method === 'DELETE' && body !== '' && (JSON.parse(body).dryRun ?? []).includes('All');
}

function verbOf(method: string, target: Target, watching: boolean): string {
  if (watching) return 'watch';
  if (method === 'GET') return target.name === undefined ? 'list' : 'get';
  return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? method;
}

function selected(object: Stored, { namespace }: Target, params: URLSearchParams): boolean {
  if (namespace !== '' && object.metadata.namespace !== namespace) return false;
  const fields = params.get('fieldSelector');
  if (fields && fields !== `metadata.name=${object.metadata.name}`) return false;
  const labels = params.get('labelSelector');
  return !labels || matchesSelector(labels, object.metadata.labels);
}

function status({ code, reason, message }: Problem): Answer {
  return {
    code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
  };
}

function send(response: http.ServerResponse, { code, body }: Answer): void {
  response.writeHead(code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
