import { describeAdapter } from '@glovebox/conformance'
import { quickjs } from '@glovebox/quickjs'
import { isInSample } from '../../../test/support/sample.ts'

describeAdapter({ name: 'quickjs', create: () => quickjs(), includes: isInSample })
