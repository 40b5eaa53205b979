import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The root of the repository, absolute. */
export const ROOT: string = dirname(import.meta.dirname)

/** The folder of the library, absolute. */
export const LIBRARY: string = join(ROOT, 'packages/noboil')

/** The folders of the workspace as npm sees them, relative to the root, the root itself (`.`) first. */
export function workspaces(): readonly string[] {
  const { workspaces: patterns } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    workspaces: string[]
  }
  const folders = globSync(patterns, { cwd: ROOT }).filter((folder) =>
    existsSync(join(ROOT, folder, 'package.json')),
  )
  return ['.', ...folders.toSorted()]
}

/** Those of them that hold a file of this name. */
export function workspacesWith(file: string): readonly string[] {
  return workspaces().filter((folder) => existsSync(join(ROOT, folder, file)))
}
