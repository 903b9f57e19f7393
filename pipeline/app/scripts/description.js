/**
 * The types of what `description.py` writes, and of what goes in and comes out.
 *
 * Columns are places in a list of the description: V labels, F families, M nodes, G candidates of which the first V are
 * the labels.
 *
 * @typedef {[number, number]} Range the lowest and the highest
 *
 * @typedef {{id: string, family: number, route: number[]}} Label
 * @typedef {{id: string, name: string, rank: string, children: number[], label: number}} Node
 *
 * @typedef {"flat" | "hard" | "soft" | "fused"} Strategy
 *
 * @typedef {object} DecodingNumbers what logits become probabilities by
 * @property {number} fusion_weight
 * @property {{flat: number, family: number, regional: number[]}} temperatures
 *
 * @typedef {DecodingNumbers & {strategy: Strategy, floor: number}} Decoding
 *
 * @typedef {{precision: number, threshold: number}} Threshold the least P(node) for an answer of a precision
 *
 * @typedef {object} SetThreshold what makes a shortlist of a coverage
 * @property {number} coverage
 * @property {number[]} families the least P(label) of each family's labels
 * @property {number} others that of gems that the model cannot name
 *
 * @typedef {object} LikenessNumbers what the pictures look like that the model was calibrated on
 * @property {string} prototypes one after the other, in half precision and Base64
 * @property {number} threshold how far a picture is from all of them at most
 * @property {number} [largest] how many pixels its shorter side has at most; not there where any number may be
 *
 * @typedef {object} Unlike the calibration of pictures that are unlike them
 * @property {number} stones to how many it was fitted
 * @property {DecodingNumbers} decoding
 * @property {(Threshold & {assured: boolean})[]} thresholds
 * @property {(SetThreshold & {assured: boolean})[]} shortlists
 *
 * @typedef {object} Answering
 * @property {Threshold[]} thresholds
 * @property {number} default_precision
 * @property {number} stone_threshold
 * @property {number} least_pooled
 * @property {number} least_agreement
 *
 * @typedef {{id: string, name: string, difference: string}} LookAlike
 *
 * @typedef {object} Gem
 * @property {string} id
 * @property {string} name
 * @property {string} family
 * @property {Range | null} refractive_index
 * @property {Range | null} mean_index
 * @property {Range | null} birefringence
 * @property {Range | null} specific_gravity
 * @property {Range | null} hardness
 * @property {boolean} spot_only
 * @property {string[]} optic_character
 * @property {string[]} pleochroism
 * @property {string[]} fluorescence
 * @property {string | null} glow
 * @property {LookAlike[]} look_alikes
 *
 * @typedef {Record<string, number>} Prior a share for each of some nodes, by their ids
 *
 * @typedef {object} PosteriorNumbers
 * @property {number} others_share
 * @property {number} image_misleads
 * @property {number} wrong_share
 * @property {Prior} trade
 *
 * @typedef {object} ReadingNumbers
 * @property {Record<string, string> & {index: string, spot: string, hardness: string, sg: string}} titles
 * @property {Record<import("./readings.js").NumericProperty, Range>} bounds
 * @property {{index: number, spot: number, birefringence: number, sg: number, hardness: number}} errors
 * @property {number} limit
 * @property {Range} blurred
 * @property {number} overlooked
 * @property {number} point_width
 * @property {string[]} optic_characters
 * @property {string[]} strengths
 * @property {number[][]} called
 *
 * @typedef {object} ReadingText
 * @property {string[]} keys
 * @property {[string, string]} weights
 * @property {number} weight_error
 * @property {Range} weight_range
 * @property {number} water
 * @property {Range} limits
 * @property {string} number
 * @property {string} two
 * @property {string} above
 * @property {string} comma
 * @property {Record<string, string>} examples
 * @property {string} other_example
 * @property {Record<string, string>} character_names
 * @property {Record<string, string[]>} wider_characters
 * @property {Record<string, string>} strength_names
 *
 * @typedef {"ri" | "sg" | "optic_character" | "pleochroism" | "fluorescence"} TestKey
 *
 * @typedef {object} NextTestNumbers
 * @property {{key: TestKey, title: string, cost: number}[]} tests
 * @property {number} most_candidates
 * @property {number} least_weighed
 * @property {number} least_bits
 * @property {number} most_proposed
 * @property {number} most_named
 * @property {number} least_named
 * @property {number} steps
 * @property {number} tails
 *
 * @typedef {object} ExplanationNumbers
 * @property {number} most_fits
 * @property {number} most_named
 * @property {number} probably
 * @property {number} surely
 * @property {number} least
 *
 * @typedef {object} Shortlists what shortlists with a guarantee are made by
 * @property {SetThreshold[]} rows none where the model promises no shortlist
 * @property {number[]} shares those that one can ask for: of the rows, or of readings alone where there are none
 * @property {number} most_named
 *
 * @typedef {object} WhiteBalance
 * @property {number} reach
 * @property {number} least_reach
 * @property {number} clipped
 * @property {number} most_clipped
 * @property {number} darkest
 * @property {number} most_gain
 * @property {number[]} luminance
 *
 * @typedef {object} Finding how stones are found, as models/images/finder.py says it
 * @property {number} zooms
 * @property {number} filled
 * @property {number} sure
 * @property {number} filled_if_sure
 * @property {number} nearby
 * @property {number} if_lost
 * @property {number} clear
 * @property {number} quarter
 * @property {number} same
 * @property {number} smallest
 * @property {number} outline_from
 * @property {number} outline_width
 * @property {number} samples
 *
 * @typedef {object} Description
 * @property {number} format
 * @property {number} ranking_decimals
 * @property {string} model_version
 * @property {Label[]} labels
 * @property {number} families
 * @property {Node[]} nodes
 * @property {Decoding} decoding
 * @property {Answering} answering
 * @property {Gem[]} candidates
 * @property {PosteriorNumbers} posterior
 * @property {ReadingNumbers} readings
 * @property {ReadingText} reading_text
 * @property {NextTestNumbers} next_tests
 * @property {ExplanationNumbers} explanation
 * @property {Shortlists} shortlists
 * @property {LikenessNumbers} [likeness] not there where the model knows nothing of it
 * @property {{entropy: number}} [novelty] beyond which entropy of P(label), in nats, a picture may show none of the
 *   labels; not there where the model does not know
 * @property {Unlike} [unlike] not there where unlike pictures have no calibration of their own
 * @property {{smallest_side: number, most_megapixels: number, most_missing: number}} pictures
 * @property {Finding} finding
 * @property {{margin: number, background: number, largest_side: number}} cropping
 * @property {{no_gem: string, none_left: string, worth_naming: number, most: number}} wording
 * @property {WhiteBalance} white_balance
 * @property {number} record_decimals
 *
 * @typedef {{flat: number[], family: number[], regional: number[]}} Logits of the three heads: V, F and V
 * @typedef {object} View one photograph of the stone
 * @property {number} score how sure the finder is of a gem
 * @property {Logits} logits
 * @property {boolean | null} like whether it is like those that the model was calibrated on; null if that is not known
 *
 * @typedef {object} Evidence
 * @property {import("./readings.js").Reading[]} readings
 * @property {Prior | null} prior
 * @property {string[]} only ids of what the stone can be; empty for everything
 * @property {string[]} without ids of what it cannot be
 * @property {number} wrong the share of readings that are wrong altogether
 *
 * @typedef {{id: string, name: string, probability: number}} Ranked
 * @typedef {{id: string, name: string, rank: string, probability: number, above: string}} Answer
 */

export {};
