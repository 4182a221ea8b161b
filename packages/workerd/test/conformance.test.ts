import { describeAdapter } from '@glovebox/conformance'
import { workerd } from '../src/entries/index.ts'

describeAdapter({ name: 'workerd', create: () => workerd() })
