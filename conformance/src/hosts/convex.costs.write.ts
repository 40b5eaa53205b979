/** `npm run costs -w @noboil/conformance`: writes what calls cost on Convex. */
import { writeFileSync } from 'node:fs'
import { costsPage } from './convex.costs.ts'

writeFileSync(new URL('../../../docs/convex-costs.md', import.meta.url), await costsPage())
