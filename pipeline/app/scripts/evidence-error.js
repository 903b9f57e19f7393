/** What a person can mend in the evidence: what is wrong, what came, what to do, in one line. */
export class EvidenceError extends Error {}
