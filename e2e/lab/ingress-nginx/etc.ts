import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = '/usr/lib/nginx/modules';
const LOADED = ['ndk_http_module', 'ngx_http_lua_module', 'ngx_http_headers_more_filter_module'];
const LUA_PATH = '/etc/nginx/lua/?.lua;/usr/share/lua/5.1/?.lua;;';
const LUA_CPATH = '/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;/usr/lib/aarch64-linux-gnu/lua/5.1/?.so;;';

/** Makes the controller's /etc/nginx: the module's own, changed for Debian's nginx, with stand-ins for the Lua libraries it lacks. */
export function prepareEtc(moduleDir: string, target: string): void {
  cpSync(join(moduleDir, 'rootfs/etc/nginx'), target, { recursive: true, mode: 0 });
  cpSync('/etc/nginx/mime.types', join(target, 'mime.types'));
  cpSync(new URL('lua/', import.meta.url).pathname, join(target, 'lua'), { recursive: true });
  const template = join(target, 'template/nginx.tmpl');
  writeFileSync(template, forDebian(readFileSync(template, 'utf8')));
}

/**
 * Debian's nginx has no stream module with Lua, knows no `http2 on`, and loads its modules by hand.
 *
 * @throws Error where the template is not the one that this was written for
 */
function forDebian(template: string): string {
  const modules = LOADED.map((name) => `load_module ${MODULES}/${name}.so;`).join('\n');
  const path = 'lua_package_path "/etc/nginx/lua/?.lua;;";';
  const stream = template.indexOf('\nstream {');
  const afterStream = template.indexOf('\n}\n', stream);
  if (stream < 0 || afterStream < 0 || !template.includes(path)) {
    throw new Error("ingress-nginx's template is not as expected");
  }
  const withoutStream = template.slice(0, stream) + template.slice(afterStream + 2);
  return withoutStream
    .replace('daemon off;', `${modules}\n\ndaemon off;`)
    .replace(path, `lua_package_path "${LUA_PATH}";\n    lua_package_cpath "${LUA_CPATH}";`)
    .replaceAll('http2 on;', '');
}
