import type { Addon } from './addon.ts';
import type { BuiltImage } from './lab/image/build-image.ts';
import type { Rule } from './rbac.ts';

/**
 * What a scenario sees of the world it runs in. The same scenario files run on the built-in cluster (test/sim, virtual time) and on
 * the lab (e2e/lab, a real control plane, real time), so that the first cannot drift from the second.
 */
export interface World {
  readonly kind: 'sim' | 'lab';
  /** A namespace of this scenario's own, created and empty. */
  readonly namespace: string;
  /** A host name of this scenario's own, for its Ingresses; users' requests are sent with it. */
  readonly host: string;
  /** Unrestricted access to the API server, for setting up and for looking. */
  readonly api: Api;
  /**
   * Start the program as a Drone step would be started. `settings` are `settings:` of the step (names without PLUGIN_; values as YAML
   * has them, made into strings as Drone does), over defaults that make this cluster and namespace reachable. `build` overrides the
   * Drone variables of a promotion of tag v1.1.0 to production.
   */
  step(settings: Record<string, unknown>, build?: Record<string, string>): Step;
  /** The image of a guard: a pod of it really runs this program, with the rights of its service account. */
  readonly guardImage: string;
  /** The image that the steps run; where the scenario needs `container`. */
  readonly image?: BuiltImage;
  /** The address of a Prometheus that scrapes the ingress controller every 2 s; where the scenario needs `prometheus`. */
  readonly prometheus?: string;
  /** The environment of a shell in which `kubectl` is an administrator's; where the scenario needs `kubectl`. */
  readonly administrator?: Readonly<Record<string, string>>;
  /** Faults of the lab's programs; on the lab alone. */
  readonly programs?: Programs;
  /** A kubeconfig with these rights in the namespace, and no others. */
  kubeconfig(rules: readonly Rule[]): Promise<string>;
  /**
   * Users: requests at a constant rate, open loop (a slow answer does not delay the next request). With `users`
   * so many of them take turns, and keep the cookies that they are given; without it each request is of another.
   * Resolves once the first one is sent: a busy machine starts the generator seconds later, and a scenario must not run without users.
   */
  load(options?: LoadOptions): Promise<Load>;
  /** A moment of the world's time, in milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Waits until the condition holds; throws with `what` in the message after `timeoutMs` (three minutes) of the world's time. */
  until(what: string, condition: () => Promise<boolean> | boolean, timeoutMs?: number): Promise<void>;
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of any kind
  [field: string]: any;
}

/** Paths are API paths below the server, such as `/apis/apps/v1/namespaces/shop/deployments/web`. Errors throw, with `.status`. */
export interface Api {
  /** undefined when it does not exist. */
  get(path: string): Promise<KubeObject | undefined>;
  list(path: string): Promise<KubeObject[]>;
  create(path: string, object: KubeObject): Promise<KubeObject>;
  /** JSON merge patch. */
  patch(path: string, patch: KubeObject): Promise<KubeObject>;
  delete(path: string): Promise<void>;
}

interface Programs {
  /** SIGKILL, and started again after `downMs`; resolves when it serves. */
  restart(program: 'kube-apiserver' | 'etcd' | Addon, downMs: number): Promise<void>;
  /** SIGTERM, and SIGKILL after 3 s; the next scenario that needs it has it again. */
  stop(addon: Addon): Promise<void>;
  /** Starts it again; resolves when it serves. */
  start(addon: Addon): Promise<void>;
}

export interface Step {
  /** Ends when the step ends; never rejects. */
  readonly done: Promise<StepResult>;
  /** Everything it has printed until now. */
  log(): string;
  /** SIGKILL. */
  kill(): void;
  /** SIGTERM. */
  terminate(): void;
  /** SIGSTOP, and SIGCONT; on the lab alone, where a step is a process. */
  pause?(): void;
  resume?(): void;
}

export interface StepResult {
  /** Exit code; -1 when it was killed. */
  code: number;
  /** stdout and stderr as printed. */
  log: string;
  /** What it wrote to DRONE_OUTPUT. */
  outputs: Record<string, string>;
}

export interface LoadOptions {
  path?: string;
  host?: string;
  rate?: number;
  users?: number;
  /**
   * The addon by which the users come in; ingress-nginx if absent. `service`: from within the cluster, by the Service `web`, on a new
   * connection for each request; `kept`: by the Service too, on connections that they keep.
   */
  by?: Addon | 'service' | 'kept';
  /** What they send instead of short GETs; only on the lab. */
  kind?: RequestKind;
}

/**
 * `grpc`: calls of gRPC, by an addon. `upload`: POSTs of 64 KiB that take 0.3 s to send. `websocket`: connections that stay open, a new one
 * for each request.
 */
export type RequestKind = 'grpc' | 'upload' | 'websocket';

export interface Load {
  /** Stops sending, waits for what is under way, and reports. */
  stop(): Promise<LoadReport>;
  /** What has been answered until now. */
  report(): LoadReport;
}

export interface LoadReport {
  sent: number;
  /** Every request that got no 2xx answer, or of websockets no connection: when it was due (epoch ms), what came (status, or 0 and an error), which version answered. */
  failures: { at: number; status: number; error?: string; version?: string }[];
  /** Answers by version of the app that gave them (the image's tag), good and bad. */
  versions: Record<string, number>;
  /** When the first and the last request were due that a version answered, epoch ms. */
  spans: Record<string, [first: number, last: number]>;
  /** Of websockets: open connections that did not last as long as their user wanted, by the version at their other end. */
  cut?: Record<string, number>;
}
