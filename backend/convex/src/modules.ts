/**
 * The files of `convex/` by path, each imported when it is needed: what a bundler's `import.meta.glob` would give.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const folder = join(import.meta.dirname, '../convex')

export const modules: Readonly<Record<string, () => Promise<unknown>>> = Object.fromEntries(
  globSync('**/*.{ts,js}', { cwd: folder })
    .filter((path) => !path.endsWith('.d.ts'))
    .map((path) => [
      `/convex/${path}`,
      (): Promise<unknown> => import(pathToFileURL(join(folder, path)).href),
    ]),
)
