"""What is known of Azure's tasks by name: which come with Azure Pipelines, which run code that they are handed, which
deploy."""

from __future__ import annotations

from typing import NamedTuple

# Names of github.com/microsoft/azure-pipelines-tasks, retired ones included, and of what the service itself adds.
_NAMES = """
    ant androidsigning appcenterdistribute appcentertest archivefiles automatedanalysis azureappconfiguration
    azureappconfigurationexport azureappconfigurationimport azureappconfigurationsnapshot azureappservicemanage
    azureappservicesettings azurecli azurecloudpowershelldeployment azurecontainerapps azurefilecopy azurefunction
    azurefunctionapp azurefunctionappcontainer azurefunctiononkubernetes azureiotedge azurekeyvault azuremonitor
    azuremysqldeployment azurenlbmanagement azurepolicy azurepowershell azureresourcegroupdeployment
    azureresourcemanagertemplatedeployment azurermwebappdeployment azurespringcloud azurestaticwebapp azuretestplan
    azurevmssdeployment azurewebapp azurewebappcontainer bash batchscript bicepdeploy cmake curluploader cache
    cachebeta cargoauthenticate chef chefknife cmdline cocoapods condaauthenticate condaenvironment containerbuild
    containerstructuretest copyfiles copyfilesoverssh decryptfile delay deletefiles docker dockercompose
    dockerinstaller dotnetcorecli dotnetcoreinstaller downloadbuildartifacts downloadfileshareartifacts
    downloadgithubnpmpackage downloadgithubnugetpackage downloadgithubrelease downloadpackage
    downloadpipelineartifact downloadsecurefile duffleinstaller extractfiles filetransform ftpupload
    functoolsinstaller githubcomment githubrelease go gotool gradle gradleauthenticate grunt gulp helmdeploy
    helminstaller iiswebappdeployment iiswebappdeploymentonmachinegroup iiswebappmanagementonmachinegroup
    installapplecertificate installappleprovisioningprofile installsshkey invokerestapi javatoolinstaller
    jenkinsdownloadartifacts jenkinsqueuejob kubectlinstaller kubelogininstaller kubernetes kubernetesmanifest
    msbuild manualintervention manualvalidation maven mavenauthenticate mysqldeploymentonmachinegroup
    nodetaskrunnerinstaller nodetool notation npm npmauthenticate nuget nugetauthenticate nugetcommand
    nugetinstaller nugetpackager nugetpublisher nugetrestore nugettoolinstaller openpolicyagentinstaller
    packerbuild pipauthenticate powershell powershellontargetmachines publishbuildartifacts
    publishcodecoverageresults publishpipelineartifact publishpipelinemetadata publishsymbols publishtestresults
    publishtoazureservicebus pypipublisher pythonscript queryworkitems quickperftest reviewapp runjmeterloadtest
    runloadtest servicefabriccomposedeploy servicefabricdeploy servicefabricpowershell
    servicefabricupdatemanifests shellscript sqlazuredacpacdeployment sqldacpacdeploymentonmachinegroup
    sqlserverdacpacdeployment ssh twineauthenticate universalpackages usedotnet usenode usepythonversion
    userubyversion vsbuild vstest vstestplatformtoolinstaller windowsmachinefilecopy xamarinandroid
    xamarintestcloud xamarinios xcode
    advancedsecurity-codeql-init advancedsecurity-codeql-autobuild advancedsecurity-codeql-analyze
    advancedsecurity-dependency-scanning advancedsecurity-publish checkout
    """
BUILT_IN = frozenset(_NAMES.split())

# Publishers whose extensions are Microsoft's own, as the first part of a task's full name.
FIRST_PARTY = ("microsoft", "ms", "ms-", "ms.", "vs-", "securedevelopmentteam", "sbomtool", "azuredevops")


class ScriptInput(NamedTuple):
    """An input that holds code: its name in lower case, the shell (empty where inputs or the machine decide), the
    input that says where the code is, and what that must be (its beginnings) for the code to be inline."""

    name: str
    shell: str
    switch: str = ""
    inline: tuple[str, ...] = ()


SCRIPT_INPUTS: dict[str, ScriptInput] = {
    "azurecli": ScriptInput("inlinescript", "", "scriptlocation", ("inline",)),
    "azurepowershell": ScriptInput("inline", "powershell", "scripttype", ("inline",)),
    "bash": ScriptInput("script", "bash", "targettype", ("inline",)),
    "cmdline": ScriptInput("script", ""),
    "powershell": ScriptInput("script", "powershell", "targettype", ("inline",)),
    "pythonscript": ScriptInput("script", "python", "scriptsource", ("inline",)),
    "ssh": ScriptInput("inline", "bash", "runoptions", ("inline",)),
    "servicefabricpowershell": ScriptInput("inline", "powershell", "scripttype", ("inline",)),
    "azurevmssdeployment": ScriptInput("customscript", ""),
    "iiswebappmanagementonmachinegroup": ScriptInput("appcmdcommands", ""),
}
DEPLOYS = frozenset(
    ("azureappservicemanage", "azurecloudpowershelldeployment", "azurecontainerapps", "azurefunctionapp",
     "azurefunctionappcontainer", "azuremysqldeployment", "azureresourcegroupdeployment",
     "azureresourcemanagertemplatedeployment", "azurermwebappdeployment", "azurespringcloud", "azurestaticwebapp",
     "azurevmssdeployment", "azurewebapp", "azurewebappcontainer", "bicepdeploy", "iiswebappdeployment",
     "iiswebappdeploymentonmachinegroup", "servicefabricdeploy", "servicefabriccomposedeploy",
     "sqlazuredacpacdeployment", "sqldacpacdeploymentonmachinegroup", "sqlserverdacpacdeployment")
)  # fmt: skip
# Tasks that deploy where this input has one of these values.
DEPLOYS_BY_INPUT: dict[str, tuple[str, tuple[str, ...]]] = {
    "helmdeploy": ("command", ("install", "upgrade")),
    "kubernetes": ("command", ("apply", "set")),
    "kubernetesmanifest": ("action", ("deploy", "promote")),
    "terraformtask": ("command", ("apply",)),
    "terraformtaskv": ("command", ("apply",)),
    "terraformcli": ("command", ("apply",)),
}


def task_name(written: str) -> tuple[str, str, str]:
    """`publisher.extension.contribution.Name@1` -> name, publisher (empty where none is written), version."""
    name, _, version = written.strip().partition("@")
    publisher, dot, _ = name.partition(".")
    return name, publisher if dot else "", version


def short(name: str) -> str:
    return name.rpartition(".")[2].lower()
