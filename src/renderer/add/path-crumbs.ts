export interface Crumb {
  readonly name: string;
  readonly path: string;
}

/** The folders from the root to `path`, for POSIX paths and Windows drives alike. */
export function pathCrumbs(path: string): Crumb[] {
  const isWindows = /^[A-Za-z]:[\\/]/.test(path);
  const root = isWindows ? path.slice(0, 3) : '/';
  const separator = isWindows ? '\\' : '/';
  const crumbs: Crumb[] = [{ name: isWindows ? path.slice(0, 2) : '/', path: root }];
  let at = root;
  for (const name of path.slice(root.length).split(isWindows ? /[\\/]/ : '/')) {
    if (name === '') continue;
    at = at.endsWith(separator) || at.endsWith('/') ? `${at}${name}` : `${at}${separator}${name}`;
    crumbs.push({ name, path: at });
  }
  return crumbs;
}
