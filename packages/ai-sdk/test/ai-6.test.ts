import { describeWrapper } from '@glovebox/testing/describe-wrapper'
import { vi } from 'vitest'
import { converse } from './conversation.ts'

// Make the wrapper import this version.
vi.mock('ai', () => import('ai-6'))

describeWrapper({ name: 'ai 6', ask: (question) => converse(6, question) })
