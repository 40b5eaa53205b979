/** What works by itself. Files with tables of their own are imported, so that their background work is known here. */
import { background } from '../lazy.ts'
import './movie.ts'

export const { fetching, flow, look, program, sweep } = background
