/** `npm run table -w @noboil/conformance`: writes the table of cases and hosts. */
import { writeFileSync } from 'node:fs'
import { page } from './table.ts'

writeFileSync(new URL('../../docs/conformance.md', import.meta.url), page())
