import { createModuleHost } from 'noboil/spacetimedb/testing'
import { answerTo, callOf } from 'noboil/spacetimedb/schema'
import { s } from './schema.ts'

const host = await createModuleHost({ entry: new URL('spacetimedb.ts', import.meta.url) })
const banner = { key: 'banner', payload: { active: true, message: 'hello' } }
const set = callOf(s, 'siteConfig.set')
if (set.kind !== 'reducer') throw new Error('A mutation is a reducer.')
host.call(set.name, set.encode(banner, '1'))
const answer = answerTo(host.rows('my_results'), '1')?.value as { readonly message: string }
console.log(answer.message)
await host.close()
