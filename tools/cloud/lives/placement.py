"""A resource provider with an inventory and traits."""


def live(placement):
    trait = f"CUSTOM_{placement.word.upper().replace('-', '_')}"
    placement.call("PUT", f"/traits/{trait}")
    placement.cloud.record("create", "placement.trait", trait)
    placement.callback(placement.end, "trait", trait, f"/traits/{trait}", None, None)
    path = "/resource_providers"
    provider = {"name": placement.word}
    made = placement.make("resource_provider", path, provider, key=None, id_key="uuid")
    path = f"{path}/{made}"
    inventory = {"resource_provider_generation": 0, "inventories": {"VCPU": {"total": 4}}}
    placement.change("resource_provider", made, "PUT", f"{path}/inventories", inventory)
    traits = {"resource_provider_generation": 1, "traits": [trait]}
    placement.change("resource_provider", made, "PUT", f"{path}/traits", traits)
    renamed = {"name": f"{placement.word}-changed"}
    placement.change("resource_provider", made, "PUT", path, renamed)
