import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The root of the repository, absolute. */
export const ROOT: string = dirname(import.meta.dirname)

/** The folders of the workspace as npm sees them, relative to the root, the root itself (`.`) first. */
export function workspaces(): readonly string[] {
  const { workspaces: patterns } = readJson(join(ROOT, 'package.json'))
  const folders = globSync(patterns as string[], { cwd: ROOT }).filter((folder) =>
    existsSync(join(ROOT, folder, 'package.json')),
  )
  return ['.', ...folders.toSorted()]
}

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
}
