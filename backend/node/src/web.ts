/**
 * The built web app, made when it is missing or older than what it is made of.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'

/** Answers the folder to serve. `sources`: folders the app is made of, besides its own. */
export async function buildWeb(app: string, sources: readonly string[]): Promise<string> {
  const dist = join(app, 'dist')
  const index = join(dist, 'index.html')
  const newest = Math.max(...[app, ...sources].map(newestIn))
  if (!existsSync(index) || statSync(index).mtimeMs < newest) {
    console.log('Building the web app …')
    await build({ root: app, configFile: join(app, 'vite.config.ts'), logLevel: 'warn' })
  }
  return dist
}

/** No part of the app; tests least of all. */
const skipped = /^(node_modules|dist|\.cache|data|test|preview)$|\.(test|fixture)\.tsx?$/

/** When the newest file of a folder was written, ms since the epoch. */
function newestIn(folder: string): number {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.test(entry.name)) continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs)
  }
  return newest
}
