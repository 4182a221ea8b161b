import { vi } from 'vitest'
import { describeWrapper } from '../../../test/support/describe-wrapper.ts'
import { converse } from './conversation.ts'

// Make the wrapper import this version.
vi.mock('ai', () => import('ai-6'))

describeWrapper({ name: 'ai 6', ask: (question) => converse(6, question) })
