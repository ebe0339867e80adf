/** Where the ingress controller takes users' requests, in the lab's network namespace. */
export const USERS_ADDRESS = '10.0.0.2';
