#!/usr/bin/env node
// the bundle is made for this version (scripts/build.ts); an older one fails somewhere in it, without a word that helps
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`drone-promote needs Node 24 or newer; this is Node ${process.versions.node}.`);
  process.exit(2);
}
// portable: an image moves the bundle from the folder in which it was made
process
  .getBuiltinModule('node:module')
  .enableCompileCache({ directory: `${import.meta.dirname}/.compile-cache`, portable: true });
// A getter that loads the whole of undici, which axios reads when it is loaded. Nothing here has a form to send.
delete globalThis.FormData;
await import('./app.js');
