/**
 * `npm run build`: the library to packages/noboil/dist, then every web workspace that has a Vite configuration.
 * `npm run build -- library` stops after the library.
 * @module
 */
import { buildLibrary } from './library.ts'
import { show } from './command.ts'
import { ROOT, workspacesWith } from './workspaces.ts'
import { join } from 'node:path'

if (!buildLibrary()) process.exit(1)
console.log('built packages/noboil/dist')

if (process.argv[2] !== 'library') {
  for (const folder of workspacesWith('vite.config.ts')) {
    if (!show('vite', ['build'], join(ROOT, folder))) process.exit(1)
    console.log(`built ${folder}`)
  }
}
