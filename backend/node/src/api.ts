/** What clients import, as a type alone. */
import type { App } from './app.ts'

export declare const api: App['api']
