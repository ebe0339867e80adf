/** Where the ingress controller takes users' requests, in the lab's network namespace. */
export const USERS_ADDRESS = '10.0.0.2';

/** The same of a gateway. ingress-nginx has port 80 of every address. */
export const GATEWAY = { address: '10.0.0.3', port: 8000 } as const;
