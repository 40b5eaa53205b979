/** Every case there is, in the order in which the table shows them. */
import { matrixCases } from '../matrix/matrix.ts'
import type { Case } from './case.ts'
import { baseEditCases } from './base-edit.ts'
import { baseLoadCases } from './base-load.ts'
import { baseStaleCases } from './base-stale.ts'
import { childReadCases } from './child-read.ts'
import { childWriteCases } from './child-write.ts'
import { concurrentCases } from './concurrent.ts'
import { kvCases } from './kv.ts'
import { logAppendCases } from './log-append.ts'
import { logDeriveCases } from './log-derive.ts'
import { logEditCases } from './log-edit.ts'
import { logListCases } from './log-list.ts'
import { logReplayCases } from './log-replay.ts'
import { malformedCases } from './malformed.ts'
import { ownedCreateCases } from './owned-create.ts'
import { ownedEditCases } from './owned-edit.ts'
import { ownedReadCases } from './owned-read.ts'
import { quotaCases } from './quota.ts'
import { randomCases } from './random.ts'
import { singletonCases } from './singleton.ts'

export const allCases: readonly Case[] = [
  ...ownedCreateCases,
  ...ownedEditCases,
  ...ownedReadCases,
  ...childWriteCases,
  ...childReadCases,
  ...logAppendCases,
  ...logReplayCases,
  ...logEditCases,
  ...logListCases,
  ...logDeriveCases,
  ...kvCases,
  ...singletonCases,
  ...quotaCases,
  ...baseLoadCases,
  ...baseStaleCases,
  ...baseEditCases,
  ...concurrentCases,
  ...randomCases,
  ...matrixCases,
  ...malformedCases,
]
