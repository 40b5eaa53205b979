/**
 * Type-checks every workspace that has a tsconfig.json, each with its own, in one pass: a workspace with
 * errors does not hide those of the next. What is published is checked once more as it is built. `npm run types [-- <folder>...]`
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { show } from './command.ts'
import { ROOT, workspacesWith } from './workspaces.ts'

const wanted = process.argv.slice(2).map((folder) => folder.replace(/\/+$/, ''))
const projects = workspacesWith('tsconfig.json')
const unknown = wanted.filter((folder) => !projects.includes(folder))
if (unknown.length > 0) {
  console.error(`No workspace with a tsconfig.json is named ${unknown.join(', ')}.`)
  process.exit(1)
}

const checked = wanted.length > 0 ? wanted : projects
const failed = checked.filter((folder) => {
  const configurations = [folder, join(folder, 'tsconfig.build.json')]
  const clean = configurations
    .filter((path) => existsSync(join(ROOT, path)))
    .map((path) => show('tsc', ['--noEmit', '--pretty', 'false', '-p', path]))
  return clean.includes(false)
})

console.log(
  `types: ${checked.length - failed.length} of ${checked.length} projects clean` +
    (failed.length > 0 ? `, errors in ${failed.join(', ')}` : ''),
)
process.exitCode = failed.length > 0 ? 1 : 0
