"""Projects and users come, change and go."""

from tempest.lib import decorators

from synchronizer_tempest_plugin.tests.scenario.making import MakingTest

PROJECT, USER, ASSIGNMENT = "keystone.project", "keystone.user", "keystone.role_assignment"


class TestIdentity(MakingTest):
    """Keystone."""

    types = (PROJECT, USER, ASSIGNMENT)

    @decorators.idempotent_id("2a9c6e1f-5d84-4f0b-b7a3-8e3d1c7f9b05")
    @decorators.attr(type="smoke")
    def test_a_project_is_told_whole_and_once_from_create_to_delete(self) -> None:
        client = self.os_admin.projects_client
        followed = self.follow(PROJECT)
        shown = client.create_project(self.a_name("project"))["project"]
        its_id = shown["id"]
        self.removed(client.delete_project, its_id)
        followed.wait_there(PROJECT, its_id)
        client.update_project(its_id, description="changed")
        followed.wait(PROJECT, its_id, lambda body: body["description"] == "changed")
        client.delete_project(its_id)
        followed.wait_gone(PROJECT, its_id)
        followed.whole_and_once(PROJECT, its_id, shown)

    @decorators.idempotent_id("84d3b7f2-9c05-4e6a-8b1d-5a2f6e9c0d71")
    def test_a_user_is_told_whole_and_once_and_without_the_password(self) -> None:
        client = self.os_admin.users_v3_client
        secret = self.a_name("CANARY-SECRET")
        followed = self.follow(USER)
        made = client.create_user(name=self.a_name("user"), password=secret, email="a@example.org")
        its_id = made["user"]["id"]
        self.removed(client.delete_user, its_id)
        body = followed.wait_there(USER, its_id)
        self.assertNotIn(secret, str(body))
        client.update_user(its_id, enabled=False)
        followed.wait(USER, its_id, lambda body: body["enabled"] is False)
        client.delete_user(its_id)
        followed.wait_gone(USER, its_id)
        followed.whole_and_once(USER, its_id, made["user"])

    @decorators.idempotent_id("6c0e9f8a-7b21-4d3c-95ea-1d4b8f7a2c60")
    def test_a_role_is_told_when_it_is_granted_and_when_it_is_taken_away(self) -> None:
        projects, users = self.os_admin.projects_client, self.os_admin.users_v3_client
        roles = self.os_admin.roles_v3_client
        followed = self.follow(ASSIGNMENT)
        project = projects.create_project(self.a_name("project"))["project"]["id"]
        self.removed(projects.delete_project, project)
        user = users.create_user(name=self.a_name("user"))["user"]["id"]
        self.removed(users.delete_user, user)
        role = roles.list_roles()["roles"][0]["id"]
        roles.create_user_role_on_project(project, user, role)
        granted = f"{role}/user:{user}/project:{project}"
        body = followed.wait_there(ASSIGNMENT, granted)
        self.assertEqual(
            (role, user, project),
            (body["role"]["id"], body["user"]["id"], body["scope"]["project"]["id"]),
        )
        roles.delete_role_from_user_on_project(project, user, role)
        followed.wait_gone(ASSIGNMENT, granted)
